import type { LogLevel } from '../core/kernel/log.ts'
import type { ServerService } from '../schema/context.ts'
import type { ServerLog } from './log.ts'
import { VERSION } from './version.ts'

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
}
