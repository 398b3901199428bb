type Bucket = { tokens: number; at: number }

/** Milliseconds after which a bucket nobody took from is full again for certain, or as good as forgotten. */
const FORGET_MS = 600_000
/** Addresses remembered at once; beyond that, the one that was quiet for longest is forgotten. */
const MAX_BUCKETS = 100_000

/** Limits how often something may happen for each key: `perSecond` on average, up to `burst` at once. */
export class TokenBuckets {
  readonly #perSecond: number
  readonly #burst: number
  readonly #now: () => number
  /** Those used last come last. */
  readonly #buckets = new Map<string, Bucket>()

  /** @param options `perSecond` 0: no limit. `now` answers milliseconds of a clock that never goes back. */
  constructor(options: { perSecond: number; burst: number; now?: () => number }) {
    this.#perSecond = options.perSecond
    this.#burst = Math.max(1, options.burst)
    this.#now = options.now ?? (() => performance.now())
  }

  /** Takes one. @returns 0, or the seconds until the next one is there. */
  take(key: string): number {
    if (this.#perSecond === 0) return 0
    const at = this.#now()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at }
    const tokens = Math.min(this.#burst, bucket.tokens + ((at - bucket.at) / 1_000) * this.#perSecond)
    const isTaken = tokens >= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: isTaken ? tokens - 1 : tokens, at })
    this.#forget(at)
    return isTaken ? 0 : (1 - tokens) / this.#perSecond
  }

  get size(): number {
    return this.#buckets.size
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#buckets) {
      if (this.#buckets.size <= MAX_BUCKETS && now - at < FORGET_MS) return
      this.#buckets.delete(key)
    }
  }
}
