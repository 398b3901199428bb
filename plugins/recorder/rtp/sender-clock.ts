import type { SenderReport } from './packet.ts'

/** So many reports decide together: each was made, or estimated by the media worker, on a machine that may have been busy just then. */
const REPORTS = 15

/**
 * Relates the RTP time of a track to the wall clock of its sender. Sound and picture share that clock and nothing else: their RTP times
 * begin anywhere, and drift apart.
 */
export class SenderClock {
  readonly #ticksPerMs: number
  #last: { rtpTime: number; ticks: number } | undefined
  /** By how much the wall clock was ahead of the RTP time, in milliseconds: of the last reports, the newest last. */
  readonly #aheadMs: number[] = []
  #medianMs = 0

  /** @param clockRate Ticks of RTP time in a second. */
  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1_000
  }

  /** Whether the sender has told. */
  get isReported(): boolean {
    return this.#aheadMs.length > 0
  }

  report({ atMs, rtpTime }: SenderReport): void {
    this.#aheadMs.push(atMs - this.#ticks(rtpTime, false) / this.#ticksPerMs)
    if (this.#aheadMs.length > REPORTS) this.#aheadMs.shift()
    this.#medianMs = this.#aheadMs.toSorted((a, b) => a - b)[this.#aheadMs.length >> 1] ?? 0
  }

  /** RTP time since the first packet, in milliseconds. */
  elapsedMs(rtpTime: number): number {
    return this.#ticks(rtpTime, true) / this.#ticksPerMs
  }

  /** When it was sampled, on the sender's wall clock. Only once that is reported. */
  senderMs(rtpTime: number): number {
    return this.elapsedMs(rtpTime) + this.#medianMs
  }

  /** The other way round: what `elapsedMs` was, or will be, at that moment of the sender's wall clock. */
  elapsedAt(senderMs: number): number {
    return senderMs - this.#medianMs
  }

  /** Unwrapped: RTP time begins again after 2^32 ticks, and may go back a little. */
  #ticks(rtpTime: number, isMedia: boolean): number {
    this.#last ??= { rtpTime, ticks: 0 }
    const ticks = this.#last.ticks + ((rtpTime - this.#last.rtpTime) | 0)
    if (isMedia && ticks > this.#last.ticks) this.#last = { rtpTime, ticks }
    return ticks
  }
}
