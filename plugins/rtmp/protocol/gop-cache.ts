import type { AudioTag } from './audio-tag.ts'
import type { MediaMessage } from './flv.ts'
import type { VideoTag } from './video-tag.ts'

export interface GopLimits {
  /** Bytes of payload. */
  maxBytes: number
  maxDurationMs: number
}

/**
 * Keeps what a pipeline needs to start in the middle of a stream: metadata, sequence headers, and every message since the
 * last keyframe.
 *
 * A GOP that outgrows a limit is dropped whole, as half of one shows nothing, and caching begins again at the next keyframe;
 * the headers are always kept. Streams without video keep headers only: audio can start anywhere.
 */
export class GopCache {
  readonly #limits: GopLimits
  #metadata: MediaMessage | undefined
  #videoHeader: MediaMessage | undefined
  #audioHeader: MediaMessage | undefined
  #messages: MediaMessage[] = []
  #bytes = 0
  #keyframeAt: Date | undefined
  #keyframeTimeMs: number | undefined
  #gopMs: number | undefined
  #state: 'WAITING' | 'FILLING' | 'OVERFLOWN' = 'WAITING'

  constructor(limits: Partial<GopLimits> = {}) {
    this.#limits = { maxBytes: 16 * 1024 * 1024, maxDurationMs: 15_000, ...limits }
  }

  /** Milliseconds between the last two keyframes, by the encoder's clock. */
  get gopMs(): number | undefined {
    return this.#gopMs
  }

  /** When the last keyframe came in. */
  get lastKeyframeAt(): Date | undefined {
    return this.#keyframeAt
  }

  /** Payload bytes held for the current GOP. */
  get sizeBytes(): number {
    return this.#bytes
  }

  /** Whether the current GOP was too large to keep. */
  get overflown(): boolean {
    return this.#state === 'OVERFLOWN'
  }

  data(message: MediaMessage): void {
    this.#metadata = message
  }

  audio(message: MediaMessage, tag: AudioTag): void {
    if (tag.packet === 'SEQUENCE_HEADER') this.#audioHeader = message
    else this.#keep(message)
  }

  video(message: MediaMessage, tag: VideoTag): void {
    if (tag.packet === 'SEQUENCE_HEADER') {
      // Frames of another configuration can not be decoded behind this header; some encoders only repeat it.
      if (!this.#videoHeader?.payload.equals(message.payload)) this.#empty('WAITING')
      this.#videoHeader = message
      return
    }
    if (tag.isKeyframe) {
      if (this.#keyframeTimeMs !== undefined) this.#gopMs = message.timestampMs - this.#keyframeTimeMs
      this.#keyframeTimeMs = message.timestampMs
      this.#keyframeAt = new Date()
      this.#empty('FILLING')
    }
    this.#keep(message)
  }

  /** Everything to replay, headers first and stamped with the time of what follows them. */
  snapshot(): MediaMessage[] {
    const headers = [this.#metadata, this.#videoHeader, this.#audioHeader].filter((header) => header !== undefined)
    const timestampMs = this.#messages[0]?.timestampMs
    return [...headers.map((header) => ({ ...header, timestampMs: timestampMs ?? header.timestampMs })), ...this.#messages]
  }

  #keep(message: MediaMessage): void {
    if (this.#state !== 'FILLING') return
    this.#messages.push(message)
    this.#bytes += message.payload.length
    const durationMs = message.timestampMs - this.#messages[0]!.timestampMs
    if (this.#bytes > this.#limits.maxBytes || durationMs > this.#limits.maxDurationMs) this.#empty('OVERFLOWN')
  }

  #empty(state: 'WAITING' | 'FILLING' | 'OVERFLOWN'): void {
    this.#messages = []
    this.#bytes = 0
    this.#state = state
  }
}
