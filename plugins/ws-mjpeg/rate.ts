/** Lets so many things through in a second, and as many at once after a pause. */
export class TokenBucket {
  #perSecond: number
  #tokens: number
  #atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#atMs = nowMs
  }

  set perSecond(perSecond: number) {
    this.#perSecond = perSecond
  }

  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#atMs) / 1_000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned)
    this.#atMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

const MINUTE_MS = 60_000
/** Addresses that are remembered; beyond, the one that came first is forgotten. */
const MAX_ADDRESSES = 10_000

/** Counts what each address does, in minutes that begin with the first time. */
export class MinuteLimit {
  readonly #limit: number
  readonly #minutes = new Map<string, { sinceMs: number; count: number }>()

  constructor(limit: number) {
    this.#limit = limit
  }

  take(address: string, nowMs: number): boolean {
    const minute = this.#minutes.get(address)
    if (minute && nowMs - minute.sinceMs < MINUTE_MS) return ++minute.count <= this.#limit
    this.#minutes.delete(address)
    this.#minutes.set(address, { sinceMs: nowMs, count: 1 })
    const [oldest] = this.#minutes.keys()
    if (this.#minutes.size > MAX_ADDRESSES && oldest !== undefined) this.#minutes.delete(oldest)
    return true
  }
}
