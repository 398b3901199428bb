import { MediaError } from '../../core/kernel/errors.ts'
import { classicAudio } from './classic-audio.ts'
import { KeptPipeline, type KeptPipelineOptions } from './kept-pipeline.ts'
import { audioToOpus, isAudioDecodable } from './launch.ts'
import { OutgoingTrack, type TrackContext } from './outgoing-track.ts'
import { type AudioCodec, type AudioTag, parseAudioTag } from './protocol/audio-tag.ts'
import type { MediaMessage } from './protocol/flv.ts'
import { OPUS_CODEC } from './track-codecs.ts'

/** Seconds of sound; beyond, what comes next is dropped until the pipeline has caught up. */
const MAX_QUEUED_BYTES = 256 << 10

export type AudioOptions = Omit<KeptPipelineOptions, 'launch' | 'stream' | 'onUp'> & {
  context: TrackContext
  bitrateBps: number
  onDropped: () => void
}

/** The sound of one session: published when its first frame comes, as Opus. */
export class Audio {
  readonly #options: AudioOptions
  #codec: AudioCodec | undefined
  #header: MediaMessage | undefined
  #track: OutgoingTrack | undefined
  #pipeline: KeptPipeline | undefined
  #closed = false

  constructor(options: AudioOptions) {
    this.#options = options
  }

  /** As the encoder sends it; undefined until something came. */
  get codec(): AudioCodec | undefined {
    return this.#codec
  }

  /** @throws {MediaError} `CODEC_UNSUPPORTED` */
  push(received: MediaMessage): void {
    const tag = parseAudioTag(received.payload)
    if (!tag || tag.packet === 'SEQUENCE_END' || tag.packet === 'OTHER') return
    this.#require(tag)
    const message = classicAudio(received, tag)
    if (tag.packet === 'SEQUENCE_HEADER') {
      this.#header = message
      this.#pipeline?.current?.writeHeader(message)
      return
    }
    // Without its header AAC can't be read, and an empty frame tells nothing.
    if ((tag.codec === 'AAC' && !this.#header) || received.payload.length <= tag.dataOffset) return
    if (!this.#codec) {
      this.#codec = tag.codec
      this.#publish(tag.codec).catch(this.#options.onGaveUp)
    }
    const pipeline = this.#pipeline?.current
    if (!pipeline) return
    if (pipeline.queuedBytes > MAX_QUEUED_BYTES) this.#options.onDropped()
    else pipeline.write(message)
  }

  close(): void {
    this.#closed = true
    this.#pipeline?.close()
    this.#track?.close()
  }

  #require({ codec, enhanced }: AudioTag): void {
    if (!isAudioDecodable(codec) || (enhanced && codec !== 'AAC'))
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: 'send the sound as AAC' })
    if (this.#codec !== undefined && this.#codec !== codec)
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: `the sound was ${this.#codec} when the session began` })
  }

  async #publish(codec: AudioCodec): Promise<void> {
    const { context, bitrateBps } = this.#options
    this.#track = await OutgoingTrack.publish(context, {
      kind: 'audio',
      codec: OPUS_CODEC,
      info: { transcoded: true },
    })
    if (this.#closed) {
      this.#track.close()
      return
    }
    this.#pipeline = new KeptPipeline({
      ...this.#options,
      launch: audioToOpus(codec, bitrateBps),
      stream: this.#track.source,
      onUp: (pipeline) => this.#header && pipeline.writeHeader(this.#header),
    })
  }
}
