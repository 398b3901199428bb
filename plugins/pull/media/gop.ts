import type { H264Frame } from './h264-frames.ts'

const MAX_BYTES = 16 << 20
const MAX_DURATION_MS = 15_000

/**
 * The frames since the last keyframe. A GOP that outgrows its limits is dropped whole, as half of one shows nothing, and the
 * next keyframe is waited for.
 */
export class Gop {
  #frames: H264Frame[] = []
  #bytes = 0
  #isFilling = false
  #keyframeMs: number | undefined
  #gopMs: number | undefined

  /** Milliseconds between the last two keyframes. */
  get gopMs(): number | undefined {
    return this.#gopMs
  }

  get frames(): readonly H264Frame[] {
    return this.#frames
  }

  push(frame: H264Frame): void {
    if (frame.isKeyframe) {
      if (this.#keyframeMs !== undefined) this.#gopMs = Math.round(frame.sessionMs - this.#keyframeMs)
      this.#keyframeMs = frame.sessionMs
      this.#empty(true)
    }
    if (!this.#isFilling) return
    this.#frames.push(frame)
    this.#bytes += frame.units.reduce((sum, { length }) => sum + length, 0)
    if (this.#bytes > MAX_BYTES || frame.sessionMs - this.#frames[0]!.sessionMs > MAX_DURATION_MS) this.#empty(false)
  }

  /** What follows is not decoded behind what was there. */
  clear(): void {
    this.#empty(false)
    this.#keyframeMs = undefined
  }

  #empty(isFilling: boolean): void {
    this.#frames = []
    this.#bytes = 0
    this.#isFilling = isFilling
  }
}
