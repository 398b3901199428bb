import { pino } from 'pino'
import type { Log, LogLevel } from '../core/kernel/log.ts'
import { originOf } from './log-source.ts'
import { redact } from './redact.ts'

/** Lines kept for whoever begins to watch. */
const KEPT_LINES = 1_000

/** One line of the log, as a watcher reads it. Secrets are masked already. */
export type LogLine = {
  readonly at: Date
  readonly level: LogLevel
  /** Which part of the server wrote it. */
  readonly source: string
  /** The app it is about. */
  readonly app?: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The server's log: JSON lines on stdout, the last 1,000 in memory, and whoever follows. */
export class ServerLog {
  readonly log: Log
  readonly #levels = pino.levels
  readonly #write: (line: string) => void
  /** Lines that wait until the start is through. */
  #held: string[] | undefined
  readonly #kept: string[] = []
  #oldest = 0
  readonly #listeners = new Set<(line: LogLine) => void>()
  #threshold: number
  #level: LogLevel

  /**
   * @param write Where the lines go, each with its line end; stdout when absent.
   * @param held Keeps the lines back until `release`, so that a person reads first what a person is told.
   */
  constructor(options: { level: LogLevel; write?: (line: string) => void; held?: boolean }) {
    if (options.held) this.#held = []
    this.#level = options.level
    this.#threshold = this.#valueOf(options.level)
    this.#write = options.write ?? toStdout()
    const passes = (level: number) => level >= this.#threshold
    this.log = pino(
      {
        level: 'trace',
        base: null,
        // A pino child keeps the level of its birth; deciding here lets one assignment reach every child.
        hooks: {
          logMethod(args, method, level) {
            if (passes(level)) method.apply(this, args)
          },
        },
      },
      { write: (line: string) => this.#accept(line) },
    )
  }

  get level(): LogLevel {
    return this.#level
  }

  /** Takes effect at once, in every child as well. */
  set level(level: LogLevel) {
    this.#level = level
    this.#threshold = this.#valueOf(level)
  }

  /** Writes what was held back, and everything from now on at once. */
  release(): void {
    for (const line of this.#held ?? []) this.#write(line)
    this.#held = undefined
  }

  /** The last lines, oldest first. */
  lines(count = KEPT_LINES): LogLine[] {
    const inOrder = [...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]
    return inOrder.slice(-Math.max(1, count)).map((line) => this.#parse(line))
  }

  /** Tells every line from now on, as it is written. @returns Ends that. */
  follow(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #accept(raw: string): void {
    const line = redact(raw)
    if (this.#held) this.#held.push(line)
    else this.#write(line)
    if (this.#kept.length < KEPT_LINES) this.#kept.push(line)
    else {
      this.#kept[this.#oldest] = line
      this.#oldest = (this.#oldest + 1) % KEPT_LINES
    }
    if (this.#listeners.size === 0) return
    const parsed = this.#parse(line)
    for (const tell of this.#listeners) tell(parsed)
  }

  #parse(line: string): LogLine {
    const { time, level, msg, ...fields } = JSON.parse(line) as { time: number; level: number; msg?: string } & Record<string, unknown>
    return { at: new Date(time), level: this.#levels.labels[level] as LogLevel, ...originOf(fields), message: msg ?? '', fields }
  }

  #valueOf(level: LogLevel): number {
    return this.#levels.values[level] ?? 0
  }
}

function toStdout(): (line: string) => void {
  const stdout = pino.destination({ dest: 1, sync: false })
  return (line) => void stdout.write(line)
}
