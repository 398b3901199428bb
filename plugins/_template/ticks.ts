import { Feed } from 'patchbay/kit'

export type Tick = { count: number; at: Date }

/** Counts the time that the plugin runs, and tells whoever watches. */
export class Ticks {
  readonly #timer: NodeJS.Timeout
  readonly #watchers = new Set<Feed<Tick>>()
  #last: Tick = { count: 0, at: new Date() }

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#tick(), intervalMs)
  }

  get last(): Tick {
    return this.#last
  }

  /** The last tick, then every one that follows. A slow watcher misses all but the latest. */
  watch(): AsyncIterableIterator<Tick> {
    const feed = new Feed<Tick>({ keyOf: () => 'tick', onEnd: () => this.#watchers.delete(feed) })
    this.#watchers.add(feed)
    feed.push(this.#last)
    return feed
  }

  close(): void {
    clearInterval(this.#timer)
    for (const feed of this.#watchers) feed.end()
  }

  #tick(): void {
    this.#last = { count: this.#last.count + 1, at: new Date() }
    for (const feed of this.#watchers) feed.push(this.#last)
  }
}
