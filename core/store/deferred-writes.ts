import type { Log } from '../kernel/log.ts'

type Options<Key> = {
  /** How long a change may wait, in milliseconds. */
  waitMs: number
  /** Writes the present state of these. */
  write: (keys: readonly Key[]) => Promise<void>
  log: Log
}

/** Writes that may wait: what changes often is written once in a while, as it is by then. What waits is a set, so it never piles up. */
export class DeferredWrites<Key> {
  readonly #options: Options<Key>
  #waiting = new Set<Key>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options<Key>) {
    this.#options = options
  }

  /** Remembers that this has changed. */
  note(key: Key): void {
    this.#waiting.add(key)
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.waitMs).unref()
  }

  /** Writes what waits. What can not be written waits on. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.size === 0) return
    const keys = this.#waiting
    this.#waiting = new Set()
    try {
      await this.#options.write([...keys])
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what has changed could not be written yet')
      for (const key of keys) this.note(key)
    }
  }

  /** Writes what waits, for the last time. */
  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }
}
