import { KeptPipeline, type KeptPipelineOptions } from '../kit/kept-pipeline.ts'
import { bitrateFor, type Picture } from '../kit/rtp/encode.ts'
import type { OutgoingTrack } from '../kit/rtp/outgoing-track.ts'
import { FlvPipeline } from './flv-pipeline.ts'
import { h264ToH264 } from './launch.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import type { VideoTag } from './protocol/video-tag.ts'
import { replay } from './replay.ts'
import type { VideoPath } from './video-path.ts'

/** Input that the pipeline has not taken: from here on the encoder is made to wait … */
const HIGH_BYTES = 4 << 20
/** … for so many milliseconds at most; then frames up to the next keyframe are dropped. */
const MAX_WAIT_MS = 2_000

export type TranscodingOptions = Omit<KeptPipelineOptions<FlvPipeline>, 'start' | 'onUp'> & {
  track: OutgoingTrack
  cache: GopCache
  picture: Picture
  /** 0: by the picture's size. */
  bitrateBps: number
  /** Makes the encoder wait until the answered function is called. */
  pause: () => () => void
  onDropped: () => void
}

/** Decodes H.264 and encodes it again without B-frames; a keyframe is there whenever a viewer wants one. */
export class Transcoding implements VideoPath {
  readonly #options: TranscodingOptions
  readonly #pipeline: KeptPipeline<FlvPipeline>
  #state: 'FLOWING' | 'WAITING' | 'DROPPING' = 'FLOWING'
  #endWait = () => {}

  constructor(options: TranscodingOptions) {
    this.#options = options
    const { picture, track } = options
    const bitrateBps = options.bitrateBps || bitrateFor(picture)
    const launch = h264ToH264(picture, { preset: 'superfast', bitrateBps })
    this.#pipeline = new KeptPipeline<FlvPipeline>({
      ...options,
      start: (running) => FlvPipeline.start({ ...running, launch, stream: track.source }),
      onUp: (pipeline) => {
        this.#endWait()
        this.#state = 'FLOWING'
        replay(options.cache, pipeline)
      },
    })
  }

  configure(message: MediaMessage): void {
    this.#pipeline.current?.writeHeader(message)
  }

  frame(message: MediaMessage, tag: VideoTag): void {
    const pipeline = this.#pipeline.current
    if (!pipeline) return
    if (this.#state === 'DROPPING' && tag.isKeyframe && pipeline.queuedBytes < HIGH_BYTES / 2) this.#state = 'FLOWING'
    if (this.#state === 'DROPPING') {
      this.#options.onDropped()
      return
    }
    pipeline.write(message, tag.compositionTimeMs)
    if (this.#state === 'FLOWING' && pipeline.queuedBytes > HIGH_BYTES) this.#wait(pipeline)
  }

  keyframeWanted(): void {
    this.#pipeline.current?.forceKeyframe()
  }

  bridgeViewers(): void {}

  close(): void {
    this.#endWait()
    this.#pipeline.close()
  }

  #wait(pipeline: FlvPipeline): void {
    this.#state = 'WAITING'
    const resume = this.#options.pause()
    const end = (state: 'FLOWING' | 'DROPPING') => {
      clearTimeout(timer)
      this.#endWait = () => {}
      this.#state = state
      resume()
    }
    const timer = setTimeout(() => end('DROPPING'), MAX_WAIT_MS)
    this.#endWait = () => end('FLOWING')
    pipeline.onDrain(() => this.#endWait())
  }
}
