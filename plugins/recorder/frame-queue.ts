import type { Frame } from './codecs/codec.ts'

/** How much later than another of the same moment a frame may come, in milliseconds. */
const PATIENCE_MS = 300

type Queued<Track> = { track: Track; frame: Frame; atMs: number; sinceMs: number }

/** Brings the frames of several tracks into the order of their times. */
export class FrameQueue<Track> {
  readonly #deliver: (track: Track, frame: Frame, atMs: number) => void
  #queued: Queued<Track>[] = []

  constructor(deliver: (track: Track, frame: Frame, atMs: number) => void) {
    this.#deliver = deliver
  }

  add(track: Track, frame: Frame, atMs: number, nowMs: number): void {
    let index = this.#queued.length
    while (index > 0 && this.#queued[index - 1]!.atMs > atMs) index--
    this.#queued.splice(index, 0, { track, frame, atMs, sinceMs: nowMs })
  }

  /** Delivers what nothing can come before any more. */
  release(nowMs: number): void {
    let count = 0
    for (const [index, { sinceMs }] of this.#queued.entries()) if (nowMs - sinceMs >= PATIENCE_MS) count = index + 1
    for (const { track, frame, atMs } of this.#queued.splice(0, count)) this.#deliver(track, frame, atMs)
  }
}
