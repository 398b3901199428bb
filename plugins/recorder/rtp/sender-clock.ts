import type { SenderReport } from './packet.ts'

/**
 * Relates the RTP time of a track to the wall clock of its sender. Sound and picture share that clock and nothing else: their RTP times
 * begin anywhere, and drift apart.
 */
export class SenderClock {
  readonly #ticksPerMs: number
  #last: { rtpTime: number; ticks: number } | undefined
  #report: { atMs: number; ticks: number } | undefined

  /** @param clockRate Ticks of RTP time in a second. */
  constructor(clockRate: number) {
    this.#ticksPerMs = clockRate / 1_000
  }

  /** Whether the sender has told. */
  get isReported(): boolean {
    return this.#report !== undefined
  }

  report({ atMs, rtpTime }: SenderReport): void {
    this.#report = { atMs, ticks: this.#ticks(rtpTime, false) }
  }

  /** RTP time since the first packet, in milliseconds. */
  elapsedMs(rtpTime: number): number {
    return this.#ticks(rtpTime, true) / this.#ticksPerMs
  }

  /** When it was sampled, on the sender's wall clock. Only once that is reported. */
  senderMs(rtpTime: number): number {
    const { atMs, ticks } = this.#report!
    return atMs + (this.#ticks(rtpTime, true) - ticks) / this.#ticksPerMs
  }

  /** The other way round: what `elapsedMs` was, or will be, at that moment of the sender's wall clock. */
  elapsedAt(senderMs: number): number {
    const { atMs, ticks } = this.#report!
    return ticks / this.#ticksPerMs + (senderMs - atMs)
  }

  /** Unwrapped: RTP time begins again after 2^32 ticks, and may go back a little. */
  #ticks(rtpTime: number, isMedia: boolean): number {
    this.#last ??= { rtpTime, ticks: 0 }
    const ticks = this.#last.ticks + ((rtpTime - this.#last.rtpTime) | 0)
    if (isMedia && ticks > this.#last.ticks) this.#last = { rtpTime, ticks }
    return ticks
  }
}
