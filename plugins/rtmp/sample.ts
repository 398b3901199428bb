import type { AudioCodec } from './protocol/audio-tag.ts'
import type { VideoCodec } from './protocol/video-tag.ts'
import type { VideoFacts } from './video.ts'

/** One session at one moment. */
export type RtmpSample = VideoFacts & {
  id: string
  participantId: string
  app: string
  room: string
  identity: string
  encoder: string
  remoteAddress: string
  startedAt: Date
  videoCodec: VideoCodec | undefined
  audioCodec: AudioCodec | undefined
  bitrateBps: number
  receivedFramesPerSecond: number
  receivedBytes: number
  droppedFrames: number
}

type Counters = { receivedBytes: () => number; frames: () => number }

/** Turns counters into what they grew by during the last second. */
export class SampleMeter {
  readonly #counters: Counters
  #at = performance.now()
  #bytes = 0
  #frames = 0
  #last = { bitrateBps: 0, receivedFramesPerSecond: 0 }

  constructor(counters: Counters) {
    this.#counters = counters
  }

  get last(): Readonly<{ bitrateBps: number; receivedFramesPerSecond: number }> {
    return this.#last
  }

  tick(now = performance.now()): void {
    const seconds = Math.max(0.001, (now - this.#at) / 1_000)
    const bytes = this.#counters.receivedBytes()
    const frames = this.#counters.frames()
    this.#last = {
      bitrateBps: Math.round(((bytes - this.#bytes) * 8) / seconds),
      receivedFramesPerSecond: Math.round(((frames - this.#frames) / seconds) * 10) / 10,
    }
    this.#at = now
    this.#bytes = bytes
    this.#frames = frames
  }
}
