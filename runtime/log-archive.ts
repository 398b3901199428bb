import type { Apps } from '../core/app/apps.ts'
import type { CoreEvents } from '../core/events/events.ts'
import { Backoff } from '../core/kernel/backoff.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { Lifetime } from '../core/kernel/lifetime.ts'
import { LOG_LEVELS, type LogLevel } from '../core/kernel/log.ts'
import type { Store } from '../core/store/database.ts'
import { eq } from '../core/store/drizzle.ts'
import { logLines } from '../core/store/tables.ts'
import type { LogEntry, LogFilter, LogPage, LogsService } from '../schema/context.ts'
import type { LogLine, ServerLog } from './log.ts'
import { keptFields, keptMessage } from './log-row.ts'
import { countLines, isWanted, searchLines } from './log-search.ts'
import { LogSweep } from './log-sweep.ts'

/** How long lines are collected before they are written together, in milliseconds. */
const COLLECTED_MS = 250
/** Lines written at once; a few milliseconds of the store's time. */
const WRITTEN_AT_ONCE = 200
/** Lines that may wait for the store; then the oldest are dropped, and it is told how many. */
const MOST_WAITING = 10_000
/** What the archive may take, in bytes. */
const MOST_BYTES = 512 * 1024 ** 2
const SWEEP_INTERVAL_MS = 3_600_000
/** Lines that somebody who begins to watch is shown first. */
const SHOWN_FIRST = 100

type LogArchiveOptions = {
  store: Store
  server: ServerLog
  apps: Pick<Apps, 'find'>
  events: CoreEvents
  /** The least level that is kept. */
  level: LogLevel
  retentionDays: number
  /** What the lines may take together, in bytes; absent: 512 MiB. */
  mostBytes?: number
}

/** The log of the last weeks, in the registry. Lines are collected and written in batches, so that nobody who logs waits. */
export class LogArchive implements LogsService {
  readonly #of: LogArchiveOptions
  readonly #levels: readonly LogLevel[]
  readonly #sweep: LogSweep
  readonly #backoff = new Backoff({ firstMs: 1_000, maxMs: 60_000 })
  #waiting: LogLine[] = []
  #dropped = 0
  #failing = false
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: LogArchiveOptions) {
    this.#of = options
    this.#sweep = new LogSweep({ mostBytes: MOST_BYTES, ...options })
    this.#levels = LOG_LEVELS.slice(LOG_LEVELS.indexOf(options.level))
  }

  /** Begins with what was logged since the process started. */
  static start(options: LogArchiveOptions, lifetime: Lifetime): LogArchive {
    const archive = new LogArchive(options)
    for (const line of options.server.lines()) archive.#accept(line)
    const unfollow = options.server.follow((line) => archive.#accept(line))
    options.events.on('app.changed', (app, change) => {
      if (change === 'DELETED') void archive.#disown(app.name).catch((error: unknown) => archive.#failed(error))
    })
    const sweeping = setInterval(() => archive.#sweepSoon(), SWEEP_INTERVAL_MS)
    sweeping.unref()
    lifetime.add('log archive', async () => {
      unfollow()
      clearInterval(sweeping)
      await archive.written()
      await archive.#sweep.idle()
      clearTimeout(archive.#timer)
    })
    return archive
  }

  async search(filter: LogFilter, page: { limit: number; offset: number }): Promise<LogPage> {
    await this.written()
    return searchLines(this.#of.store, filter, page)
  }

  tail(filter: LogFilter, isVisible: (line: LogEntry) => boolean = () => true): Feed<LogEntry> {
    const fits = isWanted(filter)
    const wanted = (line: LogLine) => fits(line) && isVisible(line)
    const { server } = this.#of
    const unfollow = server.follow((line) => {
      if (wanted(line)) feed.push(line)
    })
    const feed = new Feed<LogEntry>({ onEnd: unfollow })
    for (const line of server.lines().filter(wanted).slice(-SHOWN_FIRST)) feed.push(line)
    return feed
  }

  async countByLevel(filter: LogFilter): Promise<Partial<Record<LogLevel, number>>> {
    await this.written()
    return countLines(this.#of.store, filter)
  }

  /** Deletes what is older than it may get, and the oldest of what is more than there may be. */
  sweep(now = Date.now()): Promise<void> {
    return this.#sweep.sweep(now)
  }

  /** Settles when everything that was logged before is in the store, or can't be written for now. */
  written(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  #accept(line: LogLine): void {
    if (!this.#levels.includes(line.level)) return
    this.#waiting.push(line)
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift()
      this.#dropped++
    }
    this.#schedule(COLLECTED_MS)
  }

  #schedule(afterMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.written()
    }, afterMs).unref()
  }

  async #write(): Promise<void> {
    const dropped = this.#dropped
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, WRITTEN_AT_ONCE)
      const rows = batch.map((line) => this.#rowOf(line))
      try {
        await this.#of.store.insert(logLines).values(rows)
        if (this.#sweep.wrote(rows)) this.#sweepSoon()
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting]
        return this.#failed(error)
      }
    }
    this.#failing = false
    this.#backoff.reset()
    if (dropped === 0) return
    this.#dropped -= dropped
    this.#of.server.log.warn({ source: 'log', dropped }, 'log lines were lost: they came faster than they can be kept')
  }

  #sweepSoon(): void {
    this.sweep().catch((error: unknown) => this.#failed(error))
  }

  /** Told once, because telling makes another line that can't be kept. */
  #failed(error: unknown): void {
    if (!this.#failing) this.#of.server.log.error({ source: 'log', err: error }, 'the log can not be kept')
    this.#failing = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule(this.#backoff.next() ?? COLLECTED_MS)
  }

  /** What is about an app that is gone belongs to none: another app of that name must not see it. */
  #rowOf({ at, level, source, app, message, fields }: LogLine) {
    const known = app !== undefined && this.#of.apps.find(app) !== undefined
    return {
      at,
      level,
      source: source.slice(0, 64),
      app: known ? app : null,
      message: keptMessage(message),
      fields: keptFields(fields),
    }
  }

  async #disown(app: string): Promise<void> {
    await this.written()
    await this.#of.store.update(logLines).set({ app: null }).where(eq(logLines.app, app))
  }
}
