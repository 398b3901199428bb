import { MediaError } from '../kernel/errors.ts'

/** How many of something one participant may have at a time. */
export const LIMITS = { transports: 4, producers: 20, consumers: 500, dataProducers: 20, dataConsumers: 500 } as const

/** Counts what a participant has, also what is being made, so that many requests at once can not pass the limit. */
export class Slots {
  readonly #what: keyof typeof LIMITS
  #taken = 0

  constructor(what: keyof typeof LIMITS) {
    this.#what = what
  }

  /**
   * Runs something that makes one more; `onGone` of what was made gives the place back.
   *
   * @throws {MediaError} `PEER_LIMIT` when all places are taken.
   */
  async fill<T>(make: () => Promise<T>, onGone: (made: T, free: () => void) => void): Promise<T> {
    const limit = LIMITS[this.#what]
    if (this.#taken >= limit) throw new MediaError('PEER_LIMIT', { what: this.#what, limit })
    this.#taken++
    let held = true
    const free = () => {
      if (held) this.#taken--
      held = false
    }
    try {
      const made = await make()
      onGone(made, free)
      return made
    } catch (error) {
      free()
      throw error
    }
  }
}
