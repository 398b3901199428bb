import { MediaError } from './errors.ts'

/** Lets so many work at once; the others wait, first come, first served. With one at once, what must not overlap never does. */
export class Turns {
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #free: number

  /** @param maxWaiting How many may wait; as many as come, unless said. */
  constructor(atOnce: number, maxWaiting = Number.POSITIVE_INFINITY) {
    this.#free = atOnce
    this.#maxWaiting = maxWaiting
  }

  /** @throws {MediaError} `OVERLOADED` when too many wait already. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#wait()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // A turn that is handed on stays taken.
      if (next) next()
      else this.#free++
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) throw new MediaError('OVERLOADED', { waiting: this.#waiting.length })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
