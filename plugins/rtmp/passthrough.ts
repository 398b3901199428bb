import { bridgeEncoding } from '../kit/rtp/bridge.ts'
import { Bridging, type BridgingOptions } from '../kit/rtp/bridging.ts'
import type { Picture } from '../kit/rtp/encode.ts'
import type { OutgoingTrack } from '../kit/rtp/outgoing-track.ts'
import { FlvPipeline } from './flv-pipeline.ts'
import { h264ToH264 } from './launch.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import { HEADER_DATA_OFFSET, type VideoTag } from './protocol/video-tag.ts'
import { replay } from './replay.ts'
import type { Packer } from './rtp/packer.ts'
import type { VideoPath } from './video-path.ts'

/** Input that a bridge has not taken; beyond, it lags too far behind to be of use. */
const MAX_QUEUED_BYTES = 8 << 20

export type PassthroughOptions = Pick<BridgingOptions<FlvPipeline>, 'pipelines' | 'tasks' | 'parent' | 'log' | 'name'> & {
  track: OutgoingTrack
  cache: GopCache
  picture: () => Picture
  packer: Packer
}

/** Sends video on as it is, and where that is asked for bridges the time to the next keyframe for viewers who come in between. */
export class Passthrough implements VideoPath {
  readonly #options: PassthroughOptions
  readonly #bridging: Bridging<FlvPipeline> | undefined

  constructor(options: PassthroughOptions) {
    const { track, cache, picture } = options
    const stream = track.bridge
    this.#options = options
    this.#bridging =
      stream &&
      new Bridging({
        ...options,
        start: (running) => FlvPipeline.start({ ...running, launch: h264ToH264(picture(), bridgeEncoding(picture())), stream }),
        onUp: (pipeline) => replay(cache, pipeline),
        isPossible: () => !cache.overflown && cache.lastKeyframeAt !== undefined,
      })
  }

  configure({ payload }: MediaMessage): void {
    this.#options.packer.configure(payload.subarray(HEADER_DATA_OFFSET))
    this.#bridging?.end()
  }

  frame(message: MediaMessage, { dataOffset, isKeyframe }: VideoTag): void {
    const { source } = this.#options.track
    const send = (payload: Buffer[], last: boolean) => source.send(payload, message.timestampMs, last)
    this.#options.packer.pack(message.payload.subarray(dataOffset), isKeyframe, send)
    this.#bridge(message)
  }

  keyframeWanted(ssrc: number): void {
    if (ssrc === this.#options.track.bridge?.ssrc) this.#bridging?.forceKeyframe()
  }

  bridgeViewers(count: number): void {
    this.#bridging?.viewers(count)
  }

  close(): void {
    this.#bridging?.close()
  }

  #bridge(message: MediaMessage): void {
    const pipeline = this.#bridging?.current
    if (pipeline && pipeline.queuedBytes > MAX_QUEUED_BYTES) this.#bridging?.fail()
    else pipeline?.write(message)
    this.#bridging?.settle()
  }
}
