import type { SenderClock } from './sender-clock.ts'

/** How much a picture is moved at most to follow the sound, in milliseconds: too little to be seen. */
const STEP_MS = 2
/** What is further off than this is moved at once. */
const MAX_DRIFT_MS = 500
/** RTP time that leaves the time of arrival further behind, or ahead, has begun anew. */
const MAX_JUMP_MS = 10_000

export type TimedTrack = { readonly kind: 'audio' | 'video'; readonly clock: SenderClock }

type Placed = { track: TimedTrack; offsetMs: number; last: { atMs: number; nowMs: number } }

/**
 * Gives the frames of several tracks their times in one file. Sound runs by its own clock, without a seam; pictures follow it by their
 * sender's reports, also while the two clocks drift apart.
 */
export class Timeline {
  readonly #placed = new Map<TimedTrack, Placed>()

  /** @param nowMs When it arrived; all there is to go by before the sender has reported. */
  place(track: TimedTrack, rtpTime: number, nowMs: number): number {
    const elapsedMs = track.clock.elapsedMs(rtpTime)
    const known = this.#placed.get(track)
    if (!known) {
      const atMs = this.#besides(track, rtpTime) ?? this.#byArrival(nowMs)
      this.#placed.set(track, { track, offsetMs: atMs - elapsedMs, last: { atMs, nowMs } })
      return atMs
    }
    if (track.kind === 'video') this.#follow(known, elapsedMs, this.#besides(track, rtpTime))
    const { last } = known
    const jumpMs = elapsedMs + known.offsetMs - last.atMs - (nowMs - last.nowMs)
    if (Math.abs(jumpMs) > MAX_JUMP_MS) known.offsetMs -= jumpMs
    const atMs = elapsedMs + known.offsetMs
    known.last = { atMs, nowMs }
    return atMs
  }

  #follow(placed: Placed, elapsedMs: number, targetMs: number | undefined): void {
    if (targetMs === undefined) return
    const offMs = targetMs - (elapsedMs + placed.offsetMs)
    placed.offsetMs += Math.abs(offMs) > MAX_DRIFT_MS ? offMs : Math.max(-STEP_MS, Math.min(STEP_MS, offMs))
  }

  /** Where it belongs according to the senders' clocks, beside the other track; undefined while either is unknown. */
  #besides(track: TimedTrack, rtpTime: number): number | undefined {
    if (!track.clock.isReported) return undefined
    for (const { track: other, offsetMs } of this.#placed.values()) {
      if (other !== track && other.clock.isReported) return other.clock.elapsedAt(track.clock.senderMs(rtpTime)) + offsetMs
    }
    return undefined
  }

  #byArrival(nowMs: number): number {
    const [first] = this.#placed.values()
    return first ? first.last.atMs + (nowMs - first.last.nowMs) : 0
  }
}
