import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Picture } from '../kit/rtp/encode.ts'
import { OutgoingTrack, type TrackContext } from '../kit/rtp/outgoing-track.ts'
import { classicVideo } from './classic-video.ts'
import { Passthrough } from './passthrough.ts'
import { BFrameDetector } from './protocol/b-frames.ts'
import type { MediaMessage } from './protocol/flv.ts'
import { GopCache } from './protocol/gop-cache.ts'
import type { StreamMetadata } from './protocol/metadata.ts'
import type { VideoConfig } from './protocol/video-config.ts'
import { HEADER_DATA_OFFSET, parseVideoTag, type VideoCodec } from './protocol/video-tag.ts'
import { replayOf } from './replay.ts'
import { Transcoding, type TranscodingOptions } from './transcoding.ts'
import { VIDEO_FORMATS, type VideoFormat } from './video-formats.ts'
import type { VideoPath } from './video-path.ts'

/** Every encoder with B-frames shows it in the first frame; one that does so later is noticed then. */
const FRAMES_TO_JUDGE = 3
const DEFAULT_PICTURE: Picture = { widthPx: 1280, heightPx: 720, framesPerSecond: 30 }

export type VideoOptions = Pick<TranscodingOptions, 'pipelines' | 'tasks' | 'parent' | 'name' | 'bitrateBps' | 'pause' | 'onDropped'> & {
  context: TrackContext
  log: Log
  bFrames: 'TRANSCODE' | 'REFUSE'
  bridged: boolean
  onGaveUp: (reason: string) => void
}

/** What is known of the picture. */
export type VideoFacts = Partial<Picture> & { gopMs?: number; bFrames?: boolean; transcoded?: boolean }

/** The picture of one session: decides how it is sent on as soon as that can be known, and publishes it. */
export class Video {
  readonly #options: VideoOptions
  readonly #cache = new GopCache()
  readonly #bFrames = new BFrameDetector(FRAMES_TO_JUDGE)
  #codec: VideoCodec | undefined
  #format: VideoFormat | undefined
  #header: MediaMessage | undefined
  #config: VideoConfig | undefined
  #metadata: StreamMetadata = {}
  #track: OutgoingTrack | undefined
  #path: VideoPath | undefined
  /** Some have waited since before the track was there. */
  #viewers = 0
  #transcoded = false
  #publishing = false
  #closed = false
  frames = 0

  constructor(options: VideoOptions) {
    this.#options = options
  }

  get codec(): VideoCodec | undefined {
    return this.#codec
  }

  get facts(): VideoFacts {
    const widthPx = this.#config?.widthPx ?? this.#metadata.widthPx
    const heightPx = this.#config?.heightPx ?? this.#metadata.heightPx
    const framesPerSecond = this.#metadata.framesPerSecond ?? this.#config?.framesPerSecond
    const { gopMs } = this.#cache
    return {
      ...(widthPx !== undefined && { widthPx }),
      ...(heightPx !== undefined && { heightPx }),
      ...(framesPerSecond !== undefined && { framesPerSecond }),
      ...(gopMs !== undefined && { gopMs }),
      ...(this.#bFrames.verdict !== 'UNKNOWN' && { bFrames: this.#bFrames.verdict === 'YES' }),
      ...(this.#path && { transcoded: this.#transcoded }),
    }
  }

  described(metadata: StreamMetadata): void {
    this.#metadata = { ...this.#metadata, ...metadata }
  }

  /** @throws {MediaError} `CODEC_UNSUPPORTED` */
  push(received: MediaMessage): void {
    const parsed = parseVideoTag(received.payload)
    if (!parsed || parsed.packet === 'OTHER' || parsed.packet === 'METADATA' || parsed.packet === 'SEQUENCE_END') return
    const format = this.#formatOf(parsed.codec)
    const { message, tag } = classicVideo(received, parsed)
    this.#cache.video(message, tag)
    if (tag.packet === 'SEQUENCE_HEADER') {
      this.#configure(message, format)
      return
    }
    this.frames++
    this.#bFrames.observe(tag)
    this.#decide(format)
    this.#path?.frame(message, tag)
    if (tag.isKeyframe) this.describe()
  }

  keyframeWanted(ssrc: number): void {
    this.#path?.keyframeWanted(ssrc)
  }

  /** What leads to the present picture, to be decoded in one go; nothing when that is not kept. */
  replay(): Iterable<Buffer> {
    return replayOf(this.#cache)
  }

  bridgeViewers(count: number): void {
    this.#viewers = count
    this.#path?.bridgeViewers(count)
  }

  /** Tells core what is known by now, when that is news. */
  describe(): void {
    this.#track?.describe(this.facts)
  }

  close(): void {
    this.#closed = true
    this.#path?.close()
    this.#track?.close()
  }

  #formatOf(codec: VideoCodec): VideoFormat {
    if (this.#format && codec === this.#codec) return this.#format
    if (this.#codec !== undefined)
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: `the picture was ${this.#codec} when the session began` })
    this.#codec = codec
    this.#format = VIDEO_FORMATS[codec]
    if (this.#format) return this.#format
    const name = codec === 'H265' ? 'HEVC' : 'it'
    throw new MediaError('CODEC_UNSUPPORTED', {
      codec,
      reason: `${name} can not be sent to browsers from here; set the encoder to H.264 or AV1`,
    })
  }

  #configure(message: MediaMessage, format: VideoFormat): void {
    if (this.#header?.payload.equals(message.payload)) return
    this.#header = message
    this.#config = format.parse(message.payload.subarray(HEADER_DATA_OFFSET))
    this.#bFrames.configured(this.#config)
    this.#path?.configure(message)
  }

  #decide(format: VideoFormat): void {
    const { verdict } = this.#bFrames
    if (!this.#header || verdict === 'UNKNOWN' || !this.#cache.lastKeyframeAt) return
    const obstacle = this.#obstacle
    if (obstacle && (this.#options.bFrames === 'REFUSE' || !format.isDecodable))
      throw new MediaError('CODEC_UNSUPPORTED', {
        codec: this.#codec,
        reason: `this ${format.isDecodable ? 'app' : 'server'} refuses ${obstacle}, which not all browsers can play; turn them off`,
      })
    if (!this.#publishing) {
      this.#publishing = true
      this.#publish(format, obstacle !== undefined).catch((error: unknown) => this.#options.onGaveUp(String(error)))
    } else if (obstacle && this.#path && this.#track && !this.#transcoded) {
      this.#path.close()
      this.#follow(this.#track, format, true)
    }
  }

  /** What keeps this video from being passed through. */
  get #obstacle(): string | undefined {
    if (this.#bFrames.verdict === 'YES') return 'B-frames'
    return this.#config?.isPlainColour === false ? 'colours other than 8-bit 4:2:0' : undefined
  }

  async #publish(format: VideoFormat, transcoded: boolean): Promise<void> {
    const bridged = !transcoded && this.#options.bridged && format.isDecodable
    const { codec } = format
    this.#track = await OutgoingTrack.publish(this.#options.context, {
      kind: 'video',
      codec,
      bridged,
      replayable: format.isDecodable,
      info: this.facts,
    })
    if (this.#closed) this.#track.close()
    else this.#follow(this.#track, format, transcoded || this.#obstacle !== undefined)
  }

  #follow(track: OutgoingTrack, format: VideoFormat, transcoded: boolean): void {
    const { log } = this.#options
    this.#transcoded = transcoded
    if (transcoded) {
      log.warn(
        { track: track.id },
        `H.264 with ${this.#obstacle}, which browsers can not play over WebRTC: transcoding; turn them off in the encoder to save CPU`,
      )
      this.#path = new Transcoding({ ...this.#options, track, cache: this.#cache, picture: this.#picture })
    } else {
      log.info({ track: track.id, ...this.facts }, `${format.title} passes through`)
      this.#path = new Passthrough({
        ...this.#options,
        track,
        packer: format.packer(),
        cache: this.#cache,
        picture: () => this.#picture,
      })
      this.#catchUp(this.#path)
    }
    this.#path.bridgeViewers(this.#viewers)
    this.describe()
  }

  /** What came while the track was being published. A transcoding has its own way to begin. */
  #catchUp(path: VideoPath): void {
    if (this.#header) path.configure(this.#header)
    for (const message of this.#cache.snapshot()) {
      const tag = parseVideoTag(message.payload)
      if (tag?.packet === 'FRAME') path.frame(message, tag)
    }
  }

  get #picture(): Picture {
    return { ...DEFAULT_PICTURE, ...this.facts }
  }
}
