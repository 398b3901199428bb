import { networkOf } from '../kernel/addresses.ts'
import { MediaError } from '../kernel/errors.ts'

/** What an address has left. */
export type Attempts = { readonly limit: number; readonly remaining: number; readonly windowS: number; readonly resetsInS: number }

/** Addresses that are remembered; the one whose window began first is forgotten first. */
const MOST_ADDRESSES = 10_000

/** Counts what an address tries, in windows that begin with its first try. Those of one IPv6 network are one address. */
export class AttemptLimit {
  readonly #limit: number
  readonly #windowMs: number
  readonly #windows = new Map<string, { used: number; endsAt: number }>()

  constructor({ limit, windowMs }: { limit: number; windowMs: number }) {
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** What an address has left at this moment. */
  of(address: string): Attempts {
    const { used = 0, endsAt = Date.now() + this.#windowMs } = this.#window(address) ?? {}
    return {
      limit: this.#limit,
      remaining: Math.max(this.#limit - used, 0),
      windowS: this.#windowMs / 1_000,
      resetsInS: Math.ceil((endsAt - Date.now()) / 1_000),
    }
  }

  /** @throws {MediaError} `RATE_LIMITED` when it has tried as often as it may. */
  take(address: string): void {
    const { limit, remaining, resetsInS } = this.of(address)
    if (remaining === 0) throw new MediaError('RATE_LIMITED', { limit, resetsInS })
    const window = this.#window(address)
    if (window) window.used++
    else this.#open(address)
  }

  #window(address: string): { used: number; endsAt: number } | undefined {
    const window = this.#windows.get(networkOf(address))
    return window && window.endsAt > Date.now() ? window : undefined
  }

  #open(address: string): void {
    const network = networkOf(address)
    this.#windows.delete(network)
    for (const [oldest, { endsAt }] of this.#windows) {
      if (endsAt > Date.now() && this.#windows.size < MOST_ADDRESSES) break
      this.#windows.delete(oldest)
    }
    this.#windows.set(network, { used: 1, endsAt: Date.now() + this.#windowMs })
  }
}
