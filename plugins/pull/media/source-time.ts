/** A step of a source's own time that is none: it began anew. In milliseconds. */
const MAX_STEP_MS = 10_000
/** Sound and picture that are this far apart are put together, in milliseconds. */
const MIN_CORRECTION_MS = 25

type TrackTime = { clockRate: number; lastRtp: number; lastMs: number; wallOffsetMs?: number }

/**
 * Where the RTP times of a source's tracks stand in the session. Each begins when its first packet arrives; what the source
 * reports about its clock then puts them together.
 */
export class SourceTime {
  readonly #nowMs: () => number
  /** All tracks count from the same instant. */
  readonly #isCommon: boolean
  readonly #tracks = new Map<number, TrackTime>()

  constructor(nowMs: () => number, isCommon: boolean) {
    this.#nowMs = nowMs
    this.#isCommon = isCommon
  }

  /** @returns Session time in milliseconds. */
  at(index: number, clockRate: number, rtpTime: number): number {
    const track = this.#tracks.get(index) ?? this.#begin(index, clockRate, rtpTime)
    const sinceMs = (((rtpTime - track.lastRtp) | 0) * 1_000) / clockRate
    if (Math.abs(sinceMs) > MAX_STEP_MS) this.#begin(index, clockRate, rtpTime)
    else if (sinceMs > 0) Object.assign(track, { lastRtp: rtpTime, lastMs: track.lastMs + sinceMs })
    else return track.lastMs + sinceMs
    return this.#tracks.get(index)?.lastMs ?? 0
  }

  /** What the source says of its clock. Of two tracks that are apart the one that is behind moves: time never goes back. */
  report(index: number, rtpTime: number, senderMs: number): void {
    const track = this.#tracks.get(index)
    if (!track) return
    track.wallOffsetMs = senderMs - (track.lastMs + (((rtpTime - track.lastRtp) | 0) * 1_000) / track.clockRate)
    const [first, second] = [...this.#tracks.values()]
    if (first?.wallOffsetMs === undefined || second?.wallOffsetMs === undefined) return
    const apartMs = second.wallOffsetMs - first.wallOffsetMs
    if (Math.abs(apartMs) < MIN_CORRECTION_MS || Math.abs(apartMs) > MAX_STEP_MS) return
    const behind = apartMs > 0 ? second : first
    behind.lastMs += Math.abs(apartMs)
    behind.wallOffsetMs = apartMs > 0 ? first.wallOffsetMs : second.wallOffsetMs
  }

  #begin(index: number, clockRate: number, rtpTime: number): TrackTime {
    const [other] = this.#isCommon ? [...this.#tracks.values()] : []
    const lastMs = other ? other.lastMs + (rtpTime / clockRate - other.lastRtp / other.clockRate) * 1_000 : this.#nowMs()
    const track = { clockRate, lastRtp: rtpTime, lastMs }
    this.#tracks.set(index, track)
    return track
  }
}
