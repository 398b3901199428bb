import { Feed } from '../core/kernel/feed.ts'
import type { LogLevel } from '../core/kernel/log.ts'
import type { LogEntry, ServerService } from '../schema/context.ts'
import type { ServerLog } from './log.ts'
import { VERSION } from './version.ts'

/** Lines of the log that a new watcher is shown first. */
const LINES_SHOWN_FIRST = 100

const LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** What the API can ask about the process. */
export class ServerFacts implements ServerService {
  readonly version = VERSION
  readonly startedAt = new Date()
  readonly #log: ServerLog

  constructor(log: ServerLog) {
    this.#log = log
  }

  get logLevel(): LogLevel {
    return this.#log.level
  }

  set logLevel(level: LogLevel) {
    this.#log.level = level
  }

  watchLog(least: LogLevel): Feed<LogEntry> {
    const live = this.#log.watch()
    const feed = new Feed<LogEntry>({ onEnd: () => live.end() })
    const pass = (line: LogEntry) => {
      if (LEVELS.indexOf(line.level) >= LEVELS.indexOf(least)) feed.push(line)
    }
    for (const line of this.#log.lines(LINES_SHOWN_FIRST)) pass(line)
    void (async () => {
      for await (const line of live) pass(line)
    })()
    return feed
  }
}
