/**
 * A bounded queue between something that happens and somebody who watches it, read with `for await`.
 *
 * A slow reader is never buffered for without bound: of values with the same key only the latest is kept, in the place of
 * the first; beyond `limit` the oldest value is dropped.
 */
export class Feed<T> implements AsyncIterableIterator<T> {
  readonly #pending = new Map<unknown, T>()
  readonly #keyOf: (value: T) => unknown
  readonly #limit: number
  readonly #onEnd: () => void
  #waiting: ((result: IteratorResult<T>) => void) | undefined
  #ended = false
  /** Values that nobody will see because the reader was too slow. */
  dropped = 0

  constructor(options: { keyOf?: (value: T) => unknown; limit?: number; onEnd?: () => void } = {}) {
    this.#keyOf = options.keyOf ?? (() => Symbol())
    this.#limit = options.limit ?? 1_000
    this.#onEnd = options.onEnd ?? (() => {})
  }

  push(value: T): void {
    if (this.#ended) return
    if (this.#waiting) {
      this.#waiting({ value, done: false })
      this.#waiting = undefined
      return
    }
    const key = this.#keyOf(value)
    if (this.#pending.has(key)) this.dropped++
    this.#pending.set(key, value)
    if (this.#pending.size > this.#limit) {
      this.#pending.delete(this.#pending.keys().next().value)
      this.dropped++
    }
  }

  /** Ends the feed after what is pending has been read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting?.({ value: undefined, done: true })
    this.#waiting = undefined
    this.#onEnd()
  }

  next(): Promise<IteratorResult<T>> {
    for (const [key, value] of this.#pending) {
      this.#pending.delete(key)
      return Promise.resolve({ value, done: false })
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  return(): Promise<IteratorResult<T>> {
    this.#pending.clear()
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
