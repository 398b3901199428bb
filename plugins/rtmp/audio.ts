import { MediaError } from '../../core/kernel/errors.ts'
import { OutgoingTrack, type TrackContext } from '../kit/rtp/outgoing-track.ts'
import { OPUS_CODEC } from '../kit/rtp/track-codecs.ts'
import type { AudioPath } from './audio-path.ts'
import { AudioTranscoding, type AudioTranscodingOptions } from './audio-transcoding.ts'
import { classicAudio } from './classic-audio.ts'
import { audioToOpus, isAudioDecodable } from './launch.ts'
import { OpusPassthrough } from './opus-passthrough.ts'
import { type AudioCodec, type AudioTag, parseAudioTag } from './protocol/audio-tag.ts'
import type { MediaMessage } from './protocol/flv.ts'
import { opusChannels } from './protocol/opus.ts'

export type AudioOptions = Omit<AudioTranscodingOptions, 'launch' | 'stream'> & { context: TrackContext; bitrateBps: number }

/** The sound of one session: published when its first frame comes, as Opus. */
export class Audio {
  readonly #options: AudioOptions
  #codec: AudioCodec | undefined
  #header: MediaMessage | undefined
  #track: OutgoingTrack | undefined
  #path: AudioPath | undefined
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
    this.#require(tag, received.payload)
    const message = classicAudio(received, tag)
    if (tag.packet === 'SEQUENCE_HEADER') {
      this.#header = message
      this.#path?.configure(message)
      return
    }
    // Without its header AAC can't be read, and an empty frame tells nothing.
    if ((tag.codec === 'AAC' && !this.#header) || received.payload.length <= tag.dataOffset) return
    if (!this.#codec) {
      this.#codec = tag.codec
      this.#publish(tag.codec).catch(this.#options.onGaveUp)
    }
    this.#path?.frame(message)
  }

  close(): void {
    this.#closed = true
    this.#path?.close()
    this.#track?.close()
  }

  #require({ codec, enhanced, packet, dataOffset }: AudioTag, payload: Buffer): void {
    if (codec !== 'OPUS' && (!isAudioDecodable(codec) || (enhanced && codec !== 'AAC')))
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: 'send the sound as AAC or Opus' })
    if (this.#codec !== undefined && this.#codec !== codec)
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: `the sound was ${this.#codec} when the session began` })
    const channels = codec === 'OPUS' && packet === 'SEQUENCE_HEADER' ? opusChannels(payload.subarray(dataOffset)) : undefined
    if (channels !== undefined && channels > 2)
      throw new MediaError('CODEC_UNSUPPORTED', { codec, reason: `send mono or stereo, not ${channels} channels` })
  }

  async #publish(codec: AudioCodec): Promise<void> {
    const { context, bitrateBps } = this.#options
    const transcoded = codec !== 'OPUS'
    this.#track = await OutgoingTrack.publish(context, { kind: 'audio', codec: OPUS_CODEC, info: { transcoded } })
    if (this.#closed) {
      this.#track.close()
      return
    }
    const stream = this.#track.source
    this.#path = transcoded
      ? new AudioTranscoding({ ...this.#options, launch: audioToOpus(codec, bitrateBps), stream })
      : new OpusPassthrough(stream)
    if (this.#header) this.#path.configure(this.#header)
  }
}
