const WINDOW_MS = 10_000

/** Whether more came in during the last ten seconds than may; looked at about once a second. */
export class BitrateLimit {
  readonly #maxBytes: number
  readonly #readings: { at: number; bytes: number }[] = []

  constructor(maxBitrateBps: number) {
    this.#maxBytes = (maxBitrateBps / 8) * (WINDOW_MS / 1_000)
  }

  isExceeded(receivedBytes: number, now = performance.now()): boolean {
    this.#readings.push({ at: now, bytes: receivedBytes })
    while (this.#readings.length > 1 && now - this.#readings[1]!.at >= WINDOW_MS) this.#readings.shift()
    const [oldest] = this.#readings
    return oldest !== undefined && now - oldest.at >= WINDOW_MS && receivedBytes - oldest.bytes > this.#maxBytes
  }
}
