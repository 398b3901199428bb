import { MediaError } from '../../../core/kernel/errors.ts'
import { bridgeEncoding } from '../../kit/rtp/bridge.ts'
import { Bridging } from '../../kit/rtp/bridging.ts'
import { packFrame } from '../../kit/rtp/h264-payload.ts'
import { OutgoingTrack } from '../../kit/rtp/outgoing-track.ts'
import { pressedTogether, replayed } from '../../kit/rtp/replay.ts'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import { H264_CODEC } from '../../kit/rtp/track-codecs.ts'
import type { TrackFormat } from '../source.ts'
import { Gop } from './gop.ts'
import { type H264Frame, H264Frames, isSet } from './h264-frames.ts'
import { isDecodable, toH264 } from './launch.ts'
import type { MediaOptions } from './media.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { RtpPipeline } from './rtp-pipeline.ts'
import { MARGIN_MS, Transcoding } from './transcoding.ts'

/** A source with B-frames shows it in one of the first frames after its keyframe. */
const FRAMES_TO_JUDGE = 4
/** A frame that is shown further back than that belongs to another time, in milliseconds. */
const MAX_REORDER_MS = 2_000
/** Frames a second are told anew once they have changed by more. */
const RATE_STEP = 2

/** As far as the size of a bridge goes. */
const DEFAULT_PICTURE = { widthPx: 1280, heightPx: 720 }
/** What a bridge is made of. */
const BRIDGED: TrackFormat = { kind: 'video', encodingName: 'H264', clockRate: 90_000, channels: 1, parameters: {} }

/** What is known of the picture. */
export type VideoFacts = { framesPerSecond?: number; gopMs?: number; bFrames?: boolean; transcoded?: boolean }

/** The picture of one pull. H.264 without B-frames goes on as it is, everything else through a pipeline. The track outlives its sources. */
export class Video {
  readonly #options: MediaOptions
  readonly #gop = new Gop()
  #format: TrackFormat | undefined
  #frames = new H264Frames((frame) => this.#frame(frame))
  #sets: readonly Buffer[] = []
  #track: OutgoingTrack | undefined
  #transcoding: Transcoding | undefined
  #bridging: Bridging<RtpPipeline> | undefined
  /** Some have waited since before the track was there. */
  #viewers = 0
  #verdict: 'UNKNOWN' | 'PASSES' | 'B_FRAMES' | 'FOREIGN' = 'UNKNOWN'
  #publishing: Promise<void> | undefined
  #judged = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #frameMs = 40
  #closed = false
  frames = 0

  constructor(options: MediaOptions) {
    this.#options = options
  }

  get codec(): string | undefined {
    return this.#format?.encodingName
  }

  get facts(): VideoFacts {
    const { gopMs } = this.#gop
    const framesPerSecond = Math.round(1_000 / this.#frameMs / RATE_STEP) * RATE_STEP
    return {
      ...(this.frames > FRAMES_TO_JUDGE && framesPerSecond > 0 && { framesPerSecond }),
      ...(gopMs !== undefined && { gopMs }),
      ...(this.#verdict !== 'UNKNOWN' && {
        bFrames: this.#verdict === 'B_FRAMES',
        transcoded: this.#verdict !== 'PASSES' || this.#format?.isTranscoded === true,
      }),
    }
  }

  /** What leads to the present picture, to be decoded in one go; nothing when that is not kept. */
  replay(): Iterable<Buffer> {
    return replayed(this.#gop.frames, this.#sets)
  }

  /** @throws {MediaError} `CODEC_UNSUPPORTED` */
  begin(format: TrackFormat): void {
    if (!isDecodable(format)) throw new MediaError('CODEC_UNSUPPORTED', { codec: format.encodingName })
    this.#transcoding?.close()
    this.#transcoding = undefined
    this.#bridging?.end()
    this.#format = format
    this.#verdict = format.encodingName === 'H264' ? 'UNKNOWN' : 'FOREIGN'
    this.#gop.clear()
    this.#frames = new H264Frames((frame) => this.#frame(frame))
    this.#sets = parameterSetsOf(format)
    this.#judged = 0
    this.#lastMs = Number.NEGATIVE_INFINITY
    if (this.#track && this.#verdict === 'FOREIGN') this.#transcode(this.#track)
  }

  push(packet: RtpPacket, sessionMs: number): void {
    if (this.#verdict !== 'FOREIGN') {
      this.#frames.push(packet, sessionMs)
      return
    }
    if (packet.marker) this.frames++
    this.#ensurePublished()
    this.#transcoding?.packet(packet, sessionMs)
  }

  keyframeWanted(ssrc: number): void {
    if (this.#transcoding) this.#transcoding.forceKeyframe()
    else if (ssrc === this.#track?.bridge?.ssrc) this.#bridging?.forceKeyframe()
    else this.#options.requestKeyframe()
  }

  bridgeViewers(count: number): void {
    this.#viewers = count
    this.#bridging?.viewers(count)
  }

  /** Tells core what is known by now, when that is news. */
  describe(): void {
    this.#track?.describe(this.facts)
  }

  close(): void {
    this.#closed = true
    this.#transcoding?.close()
    this.#bridging?.close()
    this.#track?.close()
  }

  #frame(frame: H264Frame): void {
    this.frames++
    const sets = frame.units.filter(isSet)
    if (sets.length > 0) this.#sets = sets
    this.#gop.push(frame)
    this.#measure(frame)
    if (this.#verdict === 'UNKNOWN') this.#judge()
    else this.#sendOn(frame)
    if (frame.isKeyframe) this.describe()
  }

  #measure({ sessionMs }: H264Frame): void {
    const stepMs = sessionMs - this.#lastMs
    // Frames come in the order of decoding: only B-frames are shown before one that came earlier.
    if (stepMs < 0 && stepMs > -MAX_REORDER_MS) this.#refuseBFrames()
    else if (stepMs > 0 && stepMs < 1_000) this.#frameMs += (stepMs - this.#frameMs) / 16
    this.#lastMs = stepMs > -MAX_REORDER_MS ? Math.max(this.#lastMs, sessionMs) : sessionMs
  }

  #refuseBFrames(): void {
    if (this.#verdict === 'B_FRAMES') return
    const wasPassing = this.#verdict === 'PASSES'
    this.#verdict = 'B_FRAMES'
    if (!wasPassing) this.#ensurePublished()
    if (this.#track && !this.#transcoding) this.#transcode(this.#track)
  }

  #judge(): void {
    if (this.#gop.frames.length === 0 || ++this.#judged < FRAMES_TO_JUDGE) return
    this.#verdict = 'PASSES'
    this.#ensurePublished()
    if (this.#track) for (const frame of this.#gop.frames) this.#sendOn(frame)
  }

  #sendOn(frame: H264Frame): void {
    if (this.#transcoding) this.#transcoding.frame(frame, this.#sets)
    else if (this.#verdict === 'PASSES' && this.#track) {
      const { source } = this.#track
      packFrame(frame.units, this.#sets, MAX_PAYLOAD_BYTES, (payload, last) => source.send(payload, frame.sessionMs, last))
      const bridge = this.#bridging?.current
      if (bridge) this.#writeTo(bridge, frame)
      this.#bridging?.settle()
    }
  }

  #ensurePublished(): void {
    this.#publishing ??= this.#publish().catch((error: unknown) => this.#options.onFailed(String(error)))
  }

  async #publish(): Promise<void> {
    const replayable = this.#verdict !== 'FOREIGN'
    const bridged = this.#verdict === 'PASSES' && this.#options.config.bridge && !this.#format?.isTranscoded
    const options = { kind: 'video', codec: H264_CODEC, info: this.facts, bridged, replayable } as const
    const track = await OutgoingTrack.publish(this.#options.context, options)
    if (this.#closed) {
      track.close()
      return
    }
    this.#track = track
    this.#bridging = this.#bridgingOf(track)
    if (this.#verdict === 'PASSES') for (const frame of this.#gop.frames) this.#sendOn(frame)
    else if (this.#verdict !== 'UNKNOWN') this.#transcode(track)
    this.describe()
  }

  /** Viewers who come in the middle of a GOP are shown a bridge until the source's next keyframe. */
  #bridgingOf({ bridge: stream }: OutgoingTrack): Bridging<RtpPipeline> | undefined {
    if (!stream) return undefined
    const bridging = new Bridging<RtpPipeline>({
      ...this.#options,
      name: `${this.#options.name} video`,
      start: (running) => {
        const picture = { ...DEFAULT_PICTURE, framesPerSecond: this.#framesPerSecond }
        const launch = toH264(BRIDGED, picture.framesPerSecond, bridgeEncoding(picture))
        return RtpPipeline.start({ ...running, launch, clockRate: BRIDGED.clockRate, stream })
      },
      onUp: (pipeline) => {
        for (const frame of pressedTogether(this.#gop.frames, MARGIN_MS)) this.#writeTo(pipeline, frame)
      },
      isPossible: () => this.#verdict === 'PASSES' && this.#gop.frames.length > 0,
    })
    bridging.viewers(this.#viewers)
    return bridging
  }

  #writeTo(pipeline: RtpPipeline, { units, sessionMs }: H264Frame): void {
    packFrame(units, this.#sets, MAX_PAYLOAD_BYTES, (payload, last) => pipeline.write(payload, sessionMs, last))
  }

  get #framesPerSecond(): number {
    return Math.min(120, Math.max(5, 1_000 / this.#frameMs))
  }

  #transcode(track: OutgoingTrack): void {
    const format = this.#format
    if (!format) return
    this.#bridging?.end()
    const { log, config } = this.#options
    const why = this.#verdict === 'B_FRAMES' ? 'B-frames' : format.encodingName
    log.warn({ track: track.id, codec: format.encodingName }, `${why} can not be played by all browsers: transcoding`)
    this.#transcoding = new Transcoding({
      ...this.#options,
      format,
      stream: track.source,
      framesPerSecond: this.#framesPerSecond,
      bitrateBps: config.transcodeBitrateBps,
      gop: () => ({ frames: this.#gop.frames, sets: this.#sets }),
    })
  }
}

/** SPS and PPS as a description brings them. @see RFC 6184 section 8.1 */
function parameterSetsOf({ parameters }: TrackFormat): Buffer[] {
  const sets = (parameters['sprop-parameter-sets'] ?? '').split(',').map((set) => Buffer.from(set, 'base64'))
  return sets.filter((set) => set.length > 0 && isSet(set))
}
