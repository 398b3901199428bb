import { MediaError } from '../../core/kernel/errors.ts'

/** Lets a few work at a time; a bounded number waits, first come, first served. */
export class Turns {
  readonly #max: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #busy = 0

  constructor(max: number, maxWaiting: number) {
    this.#max = max
    this.#maxWaiting = maxWaiting
  }

  /** @throws {MediaError} `OVERLOADED` when too many wait already. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy < this.#max) this.#busy++
    else await this.#wait()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // A turn that is handed on stays busy.
      if (next) next()
      else this.#busy--
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) throw new MediaError('OVERLOADED', { waiting: this.#waiting.length })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
