import type { RtpPacket } from './packet.ts'

/** Milliseconds that a missing packet may still come, sent again by its sender. */
const PATIENCE_MS = 200
/** A jump further than this is another sequence, not a loss. */
const MAX_JUMP = 3_000

/** Brings packets into order, and says where some are missing for good. */
export class Reorder {
  readonly #deliver: (packet: RtpPacket, isAfterLoss: boolean) => void
  readonly #waiting = new Map<number, { packet: RtpPacket; sinceMs: number }>()
  #next: number | undefined
  #hasLost = false

  constructor(deliver: (packet: RtpPacket, isAfterLoss: boolean) => void) {
    this.#deliver = deliver
  }

  push(packet: RtpPacket, nowMs: number): void {
    this.#next ??= packet.sequence
    const ahead = (packet.sequence - this.#next) & 0xffff
    if (ahead >= 0x8000) {
      if (0x10000 - ahead < MAX_JUMP) return // Late or twice.
      this.#restart(packet.sequence)
    } else if (ahead > MAX_JUMP) this.#restart(packet.sequence)
    this.#waiting.set(packet.sequence, { packet, sinceMs: nowMs })
    this.expire(nowMs)
  }

  /** Gives up what was waited for too long. To be called now and then. */
  expire(nowMs: number): void {
    this.#drain()
    while (this.#waiting.size > 0) {
      const [first] = this.#waiting.values()
      if (!first || nowMs - first.sinceMs < PATIENCE_MS) return
      const next = this.#next!
      let nearest = Number.POSITIVE_INFINITY
      for (const sequence of this.#waiting.keys()) nearest = Math.min(nearest, (sequence - next) & 0xffff)
      this.#next = (next + nearest) & 0xffff
      this.#hasLost = true
      this.#drain()
    }
  }

  #drain(): void {
    for (let waiting = this.#waiting.get(this.#next!); waiting; waiting = this.#waiting.get(this.#next!)) {
      this.#waiting.delete(this.#next!)
      this.#next = (this.#next! + 1) & 0xffff
      const hasLost = this.#hasLost
      this.#hasLost = false
      this.#deliver(waiting.packet, hasLost)
    }
  }

  #restart(sequence: number): void {
    this.#waiting.clear()
    this.#next = sequence
    this.#hasLost = true
  }
}
