import type { VideoConfig } from './video-config.ts'
import type { VideoTag } from './video-tag.ts'

const BASELINE = 66

/**
 * Finds out whether a stream reorders frames, which WebRTC viewers can not play.
 *
 * NO comes at once when the sequence header rules B-frames out (Baseline, or no reordering declared), YES with the first frame
 * whose composition time is not 0: x264 shows that in its very first one. An encoder that says nothing of either kind is
 * believed to have none after `frames` frames; a later composition time still turns the answer to YES.
 */
export class BFrameDetector {
  readonly #frames: number
  #seen = 0
  #verdict: 'YES' | 'NO' | 'UNKNOWN' = 'UNKNOWN'

  constructor(frames = 15) {
    this.#frames = frames
  }

  get verdict(): 'YES' | 'NO' | 'UNKNOWN' {
    return this.#verdict
  }

  /** A new sequence header starts the question anew. */
  configured(config: VideoConfig | undefined): void {
    this.#seen = 0
    this.#verdict = config?.profile === BASELINE || config?.maxReorderFrames === 0 ? 'NO' : 'UNKNOWN'
  }

  observe(tag: VideoTag): void {
    if (tag.packet !== 'FRAME') return
    this.#seen++
    if (tag.compositionTimeMs !== 0) this.#verdict = 'YES'
    else if (this.#verdict === 'UNKNOWN' && this.#seen >= this.#frames) this.#verdict = 'NO'
  }
}
