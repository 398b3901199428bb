export type BackoffOptions = {
  /** Wait before the first retry, in milliseconds. */
  firstMs?: number
  /** The longest wait, in milliseconds. */
  maxMs?: number
  /** Failures within `windowMs` after which trying again is given up. */
  giveUpAfter?: number
  /** How long a failure counts, in milliseconds. */
  windowMs?: number
}

/** Decides how long to wait before something that failed is tried again, and when to give up. */
export class Backoff {
  readonly #options: Required<BackoffOptions>
  #failures: number[] = []

  constructor(options: BackoffOptions = {}) {
    this.#options = { firstMs: 100, maxMs: 10_000, giveUpAfter: Number.POSITIVE_INFINITY, windowMs: 60_000, ...options }
  }

  /** Records a failure and answers the milliseconds to wait, or undefined when it is time to give up. */
  next(now = Date.now()): number | undefined {
    const { firstMs, maxMs, giveUpAfter, windowMs } = this.#options
    this.#failures = this.#failures.filter((at) => now - at < windowMs)
    this.#failures.push(now)
    if (this.#failures.length >= giveUpAfter) return undefined
    return Math.min(maxMs, firstMs * 2 ** (this.#failures.length - 1))
  }

  reset(): void {
    this.#failures = []
  }
}
