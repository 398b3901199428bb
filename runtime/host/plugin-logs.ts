import { messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { LogLine } from '../../plugins/kit/protocol.ts'
import { maskSecrets, redact } from '../redact.ts'

/** Lines kept of each plugin; the oldest goes first. */
const KEPT = 500

/** `source`: absent where the plugin itself says it. */
export type PluginLine = LogLine & { readonly source?: typeof HOST }

/** Who says what happened to a plugin. */
export const HOST = 'host'

/** The last lines of one plugin without the secrets in them, which outlive its threads. Every line goes to the server's log as well. */
export class PluginLogs implements Iterable<PluginLine> {
  readonly #log: Log
  readonly #onLine: (line: PluginLine) => void
  readonly #lines: PluginLine[] = []

  constructor(log: Log, onLine: (line: PluginLine) => void) {
    this.#log = log
    this.#onLine = onLine
  }

  write(lines: readonly PluginLine[]): void {
    for (const line of lines) {
      this.#keep(line)
      this.#log[line.level](line.fields, line.message)
    }
  }

  /** Says what happened to the plugin, why, and about which app, if it is about one. */
  report(level: 'info' | 'warn' | 'error', message: string, cause?: unknown, app?: string): void {
    const stack = cause instanceof Error ? cause.stack : undefined
    const why = cause === undefined ? {} : { reason: messageOf(cause), ...(stack === undefined ? {} : { stack }) }
    const fields = { ...(app !== undefined && { app }), ...why }
    this.write([{ level, at: new Date(), message, fields, source: HOST }])
  }

  [Symbol.iterator](): Iterator<PluginLine> {
    return [...this.#lines][Symbol.iterator]()
  }

  #keep({ message, fields, ...said }: PluginLine): void {
    const line = { ...said, message: redact(message), fields: maskSecrets(fields) as PluginLine['fields'] }
    this.#lines.push(line)
    if (this.#lines.length > KEPT) this.#lines.shift()
    this.#onLine(line)
  }
}
