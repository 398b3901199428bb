import type { Log, LogLevel } from '../../core/kernel/log.ts'
import type { LogLine } from './protocol.ts'

/** Lines kept while the main thread is busy. */
const LIMIT = 1_000

/**
 * The log of a plugin's thread: its lines go to the main thread in batches, one batch under way at a time. When more than
 * 1000 lines wait, the oldest are dropped, and a line says how many.
 */
export class ThreadLog implements Log {
  readonly #outbox: Outbox
  readonly #fields: Record<string, unknown>

  constructor(outbox: Outbox, fields: Record<string, unknown> = {}) {
    this.#outbox = outbox
    this.#fields = fields
  }

  readonly trace = (fields: object, message: string): void => this.#write('trace', fields, message)
  readonly debug = (fields: object, message: string): void => this.#write('debug', fields, message)
  readonly info = (fields: object, message: string): void => this.#write('info', fields, message)
  readonly warn = (fields: object, message: string): void => this.#write('warn', fields, message)
  readonly error = (fields: object, message: string): void => this.#write('error', fields, message)
  readonly fatal = (fields: object, message: string): void => this.#write('fatal', fields, message)

  child(fields: Record<string, unknown>): Log {
    return new ThreadLog(this.#outbox, { ...this.#fields, ...fields })
  }

  #write(level: LogLevel, fields: object, message: string): void {
    this.#outbox.push({ level, at: new Date(), message: String(message), fields: plainFields({ ...this.#fields, ...fields }) })
  }
}

export class Outbox {
  readonly #send: (lines: LogLine[]) => Promise<void>
  #lines: LogLine[] = []
  #dropped = 0
  #sending = false

  constructor(send: (lines: LogLine[]) => Promise<void>) {
    this.#send = send
  }

  push(line: LogLine): void {
    this.#lines.push(line)
    if (this.#lines.length > LIMIT) {
      this.#lines.shift()
      this.#dropped++
    }
    if (!this.#sending) void this.#drain()
  }

  /** Sends what is left without waiting for anything: for the last moment of a thread. */
  flush(): void {
    if (this.#lines.length > 0) this.#send(this.#take()).catch(() => undefined)
  }

  async #drain(): Promise<void> {
    this.#sending = true
    try {
      while (this.#lines.length > 0) await this.#send(this.#take())
    } catch {
      // The main thread is gone, and with it the log.
    } finally {
      this.#sending = false
    }
  }

  #take(): LogLine[] {
    const lines = this.#lines
    if (this.#dropped > 0) {
      lines.unshift({
        level: 'warn',
        at: new Date(),
        message: 'log lines were dropped: too many at once',
        fields: { dropped: this.#dropped },
      })
    }
    this.#lines = []
    this.#dropped = 0
    return lines
  }
}

/** Fields as data that crosses threads: errors keep what a reader needs of them, and nothing else keeps its behaviour. */
function plainFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value, 4)]))
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (value instanceof Error) {
    const code = 'code' in value ? { code: plain(value.code, 0) } : {}
    return { type: value.name, message: value.message, stack: value.stack, ...code }
  }
  if (depth === 0) return Object.prototype.toString.call(value)
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => plain(item, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth - 1)]))
}
