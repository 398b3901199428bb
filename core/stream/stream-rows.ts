import type { App } from '../app/app.ts'
import type { Log } from '../kernel/log.ts'
import type { AppStore } from '../store/app-database.ts'
import { streams } from '../store/app-tables.ts'
import { eq, isNull } from '../store/drizzle.ts'
import { Stream } from './stream.ts'

/** Streams that may wait to be written; beyond these the one that has waited longest is dropped, and the log says so. */
const MOST_PENDING = 10_000

/**
 * The streams of one app in its database. Writing never keeps a publisher waiting: of a stream that changes while it waits, only its
 * latest state is written.
 */
export class StreamRows {
  readonly #app: App
  readonly #log: Log
  readonly #pending = new Map<string, Stream>()
  #store: Promise<AppStore> | undefined
  #writing: Promise<void> | undefined
  #closed = false

  constructor(app: App, log: Log) {
    this.#app = app
    this.#log = log
  }

  save(stream: Stream): void {
    if (this.#closed) {
      giveUp(stream)
      return
    }
    const waiting = this.#pending.get(stream.name)
    if (waiting && waiting !== stream) follow(waiting, stream)
    this.#pending.set(stream.name, stream)
    if (this.#pending.size > MOST_PENDING) this.#dropOldest()
    this.#writing ??= this.#writeAll()
  }

  async find(id: { name: string } | { number: number }): Promise<Stream | undefined> {
    await this.#writing
    const store = await this.#open()
    const [row] = await store
      .select()
      .from(streams)
      .where('name' in id ? eq(streams.name, id.name) : eq(streams.number, id.number))
    return row && Stream.past(this.#app, row)
  }

  /** Writes what still waits. Nothing is written afterwards. */
  async close(): Promise<void> {
    await this.#writing
    this.drop()
  }

  /** Writes nothing any more: the app is being deleted. */
  drop(): void {
    this.#closed = true
    for (const stream of this.#pending.values()) giveUp(stream)
    this.#pending.clear()
  }

  async #writeAll(): Promise<void> {
    for (const [name, stream] of this.#pending) {
      this.#pending.delete(name)
      try {
        stream.number = await this.#write(stream)
      } catch (error) {
        giveUp(stream)
        if (!this.#closed) this.#log.error({ err: error, app: this.#app.name, stream: name }, 'stream could not be written to the database')
      }
    }
    this.#writing = undefined
  }

  async #write(stream: Stream): Promise<number> {
    const store = await this.#open()
    const { name, kind, room, identity, startedAt, endedAt = null } = stream
    const state = { kind, startedAt, endedAt, stats: stream.live ? null : stream.stats }
    const [row] = await store
      .insert(streams)
      .values({ name, room, identity, ...state })
      .onConflictDoUpdate({ target: streams.name, set: state })
      .returning({ number: streams.number })
    return row?.number ?? 0
  }

  /** What the database calls live when it is opened was live when the server stopped without a word. */
  #open(): Promise<AppStore> {
    this.#store ??= this.#app.store().then(async (store) => {
      await store.update(streams).set({ endedAt: new Date() }).where(isNull(streams.endedAt))
      return store
    })
    this.#store.catch(() => {
      this.#store = undefined
    })
    return this.#store
  }

  #dropOldest(): void {
    for (const [name, stream] of this.#pending) {
      this.#pending.delete(name)
      giveUp(stream)
      this.#log.error({ app: this.#app.name, stream: name }, 'stream was not written: too many wait for the database')
      return
    }
  }
}

/** Both are written as one row. */
function follow(earlier: Stream, later: Stream): void {
  void Promise.resolve(later.numbered).then((number) => {
    earlier.number = number
  })
}

function giveUp(stream: Stream): void {
  stream.number = 0
}
