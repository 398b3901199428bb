import { messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { LogLine } from '../../plugins/kit/protocol.ts'

/** Lines kept of each plugin; the oldest goes first. */
const KEPT = 500

/** The last lines of one plugin, which outlive its threads. Every line goes to the server's log as well. */
export class PluginLogs implements Iterable<LogLine> {
  readonly #log: Log
  readonly #onLine: (line: LogLine) => void
  readonly #lines: LogLine[] = []

  constructor(log: Log, onLine: (line: LogLine) => void) {
    this.#log = log
    this.#onLine = onLine
  }

  write(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#keep(line)
      this.#log[line.level](line.fields, line.message)
    }
  }

  /** Says what happened to the plugin, and why. */
  report(level: 'info' | 'warn' | 'error', message: string, cause?: unknown): void {
    const stack = cause instanceof Error ? cause.stack : undefined
    const fields = cause === undefined ? {} : { reason: messageOf(cause), ...(stack === undefined ? {} : { stack }) }
    this.write([{ level, at: new Date(), message, fields }])
  }

  [Symbol.iterator](): Iterator<LogLine> {
    return [...this.#lines][Symbol.iterator]()
  }

  #keep(line: LogLine): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT) this.#lines.shift()
    this.#onLine(line)
  }
}
