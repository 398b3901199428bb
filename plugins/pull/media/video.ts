import { MediaError } from '../../../core/kernel/errors.ts'
import { packFrame } from '../../kit/rtp/h264-payload.ts'
import { OutgoingTrack } from '../../kit/rtp/outgoing-track.ts'
import { replayed } from '../../kit/rtp/replay.ts'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import { H264_CODEC } from '../../kit/rtp/track-codecs.ts'
import type { TrackFormat } from '../source.ts'
import { Gop } from './gop.ts'
import { type H264Frame, H264Frames, isSet } from './h264-frames.ts'
import { isDecodable } from './launch.ts'
import type { MediaOptions } from './media.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { Transcoding } from './transcoding.ts'

/** A source with B-frames shows it in one of the first frames after its keyframe. */
const FRAMES_TO_JUDGE = 4
/** Frames a second are told anew once they have changed by more. */
const RATE_STEP = 2

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
  #verdict: 'UNKNOWN' | 'PASSES' | 'B_FRAMES' | 'FOREIGN' = 'UNKNOWN'
  #publishing: Promise<void> | undefined
  #judged = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #frameMs = 40
  #told = ''
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

  keyframeWanted(): void {
    if (this.#transcoding) this.#transcoding.forceKeyframe()
    else this.#options.requestKeyframe()
  }

  /** Tells core what is known by now, when that is news. */
  describe(): void {
    if (!this.#track) return
    const { facts } = this
    const told = JSON.stringify(facts)
    if (told === this.#told) return
    this.#told = told
    this.#options.context.core.tracks.describe(this.#track.id, facts).catch(() => {}) // it has ended meanwhile
  }

  close(): void {
    this.#closed = true
    this.#transcoding?.close()
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
    if (stepMs < 0) this.#refuseBFrames()
    else if (stepMs > 0 && stepMs < 1_000) this.#frameMs += (stepMs - this.#frameMs) / 16
    this.#lastMs = Math.max(this.#lastMs, sessionMs)
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
    }
  }

  #ensurePublished(): void {
    this.#publishing ??= this.#publish().catch((error: unknown) => this.#options.onFailed(String(error)))
  }

  async #publish(): Promise<void> {
    const replayable = this.#verdict !== 'FOREIGN'
    const options = { kind: 'video', codec: H264_CODEC, info: this.facts, replayable } as const
    const track = await OutgoingTrack.publish(this.#options.context, options)
    if (this.#closed) {
      track.close()
      return
    }
    this.#track = track
    if (this.#verdict === 'PASSES') for (const frame of this.#gop.frames) this.#sendOn(frame)
    else if (this.#verdict !== 'UNKNOWN') this.#transcode(track)
    this.describe()
  }

  #transcode(track: OutgoingTrack): void {
    const format = this.#format
    if (!format) return
    const { log, config } = this.#options
    const why = this.#verdict === 'B_FRAMES' ? 'B-frames' : format.encodingName
    log.warn({ track: track.id, codec: format.encodingName }, `${why} can not be played by all browsers: transcoding`)
    this.#transcoding = new Transcoding({
      ...this.#options,
      format,
      stream: track.source,
      framesPerSecond: Math.min(120, Math.max(5, 1_000 / this.#frameMs)),
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
