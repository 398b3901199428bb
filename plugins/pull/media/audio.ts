import { MediaError } from '../../../core/kernel/errors.ts'
import { KeptPipeline } from '../../kit/kept-pipeline.ts'
import { OutgoingTrack } from '../../kit/rtp/outgoing-track.ts'
import { OPUS_CODEC } from '../../kit/rtp/track-codecs.ts'
import type { TrackFormat } from '../source.ts'
import { isDecodable, toOpus } from './launch.ts'
import type { MediaOptions } from './media.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { RtpPipeline } from './rtp-pipeline.ts'

/** The sound of one pull: Opus as it comes, of everything else a pipeline makes it. The track outlives the sources it comes from. */
export class Audio {
  readonly #options: MediaOptions
  #format: TrackFormat | undefined
  #track: OutgoingTrack | undefined
  #pipeline: KeptPipeline<RtpPipeline> | undefined
  #publishing: Promise<void> | undefined
  #closed = false

  constructor(options: MediaOptions) {
    this.#options = options
  }

  get codec(): string | undefined {
    return this.#format?.encodingName
  }

  /** @throws {MediaError} `CODEC_UNSUPPORTED` */
  begin(format: TrackFormat): void {
    if (format.encodingName !== 'OPUS' && !isDecodable(format)) throw new MediaError('CODEC_UNSUPPORTED', { codec: format.encodingName })
    this.#format = format
    this.#pipeline?.close()
    this.#pipeline = undefined
    if (this.#track) this.#follow(this.#track)
  }

  push(packet: RtpPacket, sessionMs: number): void {
    this.#publishing ??= this.#publish().catch((error: unknown) => this.#options.onFailed(String(error)))
    if (this.#format?.encodingName !== 'OPUS') this.#pipeline?.current?.write([packet.payload], sessionMs, packet.marker)
    else if (packet.payload.length > 0) this.#track?.source.send([packet.payload], sessionMs, false)
  }

  close(): void {
    this.#closed = true
    this.#pipeline?.close()
    this.#track?.close()
  }

  async #publish(): Promise<void> {
    const transcoded = this.#format?.encodingName !== 'OPUS' || this.#format.isTranscoded === true
    this.#track = await OutgoingTrack.publish(this.#options.context, { kind: 'audio', codec: OPUS_CODEC, info: { transcoded } })
    if (this.#closed) this.#track.close()
    else this.#follow(this.#track)
  }

  #follow({ source: stream }: OutgoingTrack): void {
    const format = this.#format
    if (!format || format.encodingName === 'OPUS') return
    const { name, config } = this.#options
    const launch = toOpus(format, config.audioBitrateBps)
    const { clockRate } = format
    this.#pipeline = new KeptPipeline<RtpPipeline>({
      ...this.#options,
      name: `${name} audio`,
      start: (running) => RtpPipeline.start({ ...running, launch, clockRate, stream }),
      onUp: () => {},
      onGaveUp: this.#options.onFailed,
    })
  }
}
