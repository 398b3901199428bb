import { type AnswerMessage, type CallMessage, WINDOW } from './rpc-protocol.ts'

/** One async iterable on its way to the other side. */
export type Sender = { credit: (count: number) => void; cancel: () => void; done: Promise<void> }

/**
 * Sends what an iterable yields, never more than `WINDOW` values ahead of the reader: a slow reader slows the iterable down.
 * When the reader stops, the iterable's `return()` is called.
 */
export function sendSequence(id: number, values: AsyncIterable<unknown>, post: (message: AnswerMessage) => void): Sender {
  const iterator = values[Symbol.asyncIterator]()
  const done = Promise.withResolvers<void>()
  let credits = WINDOW
  let wake = () => {}
  let stopped = false

  const pump = async () => {
    post({ rpc: 'sequence', id })
    while (!stopped) {
      if (credits === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const result = await iterator.next()
      if (stopped) return
      if (result.done) return post({ rpc: 'end', id })
      credits--
      post({ rpc: 'item', id, value: result.value })
    }
  }

  const stop = () => {
    stopped = true
    wake()
    // An iterable that fails while it is being stopped has nobody left to tell.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }

  pump().then(done.resolve, (error: unknown) => {
    if (!stopped) stop()
    done.reject(error)
  })

  return {
    credit: (count) => {
      credits += count
      wake()
    },
    cancel: () => {
      if (stopped) return
      stop()
      // The pump may wait for a value that never comes.
      done.resolve()
    },
    done: done.promise,
  }
}

/** The reading end of a sequence from the other side. */
export class RemoteSequence implements AsyncIterableIterator<unknown> {
  readonly #id: number
  readonly #post: (message: CallMessage) => void
  readonly #onEnd: () => void
  /** At most `WINDOW`: the sender waits for credit. */
  readonly #arrived: unknown[] = []
  readonly #waiting: PromiseWithResolvers<IteratorResult<unknown>>[] = []
  #read = 0
  #ended = false
  #failure: { error: unknown } | undefined

  constructor(id: number, post: (message: CallMessage) => void, onEnd: () => void) {
    this.#id = id
    this.#post = post
    this.#onEnd = onEnd
  }

  push(value: unknown): void {
    if (this.#ended) return
    const reader = this.#waiting.shift()
    if (!reader) {
      this.#arrived.push(value)
      return
    }
    this.#count()
    reader.resolve({ value, done: false })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    for (const reader of this.#waiting.splice(0)) reader.resolve({ value: undefined, done: true })
  }

  /** What has arrived is still read; then the error is thrown, once. */
  fail(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    const reader = this.#waiting.shift()
    if (reader) reader.reject(error)
    else this.#failure = { error }
    for (const other of this.#waiting.splice(0)) other.resolve({ value: undefined, done: true })
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#arrived.length > 0) {
      this.#count()
      return Promise.resolve({ value: this.#arrived.shift(), done: false })
    }
    if (this.#failure) {
      const { error } = this.#failure
      this.#failure = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    const reader = Promise.withResolvers<IteratorResult<unknown>>()
    this.#waiting.push(reader)
    return reader.promise
  }

  return(): Promise<IteratorResult<unknown>> {
    if (!this.#ended) {
      this.#post({ rpc: 'cancel', id: this.#id })
      this.end()
    }
    this.#arrived.length = 0
    this.#failure = undefined
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #count(): void {
    this.#read++
    // Half a window at a time: the sender never waits for a reader who keeps up, and credits cost few messages.
    if (this.#ended || this.#read < WINDOW / 2) return
    this.#post({ rpc: 'credit', id: this.#id, count: this.#read })
    this.#read = 0
  }
}
