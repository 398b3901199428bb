import type { types } from 'mediasoup'
import { MediaError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Track } from '../room/track.ts'

const SEND_BUFFER_BYTES = 4 << 20

export type TapOptions = {
  /** UDP ports on loopback where the pipeline receives RTP and RTCP. */
  port: number
  rtcpPort: number
  /** Nothing flows until `resume`. */
  paused?: boolean
}

/** What a track's packets are, so that a pipeline can be made that takes them. */
export type TrackFormat = {
  kind: 'audio' | 'video'
  /** As in the codec's MIME type: `H264`, `opus`. */
  codec: string
  payloadType: number
  clockRate: number
}

/** @throws {MediaError} `CODEC_UNSUPPORTED` */
export function trackFormat({ kind, codec, producer }: Track): TrackFormat {
  const [known] = producer.consumableRtpParameters.codecs
  if (!known) throw new MediaError('CODEC_UNSUPPORTED', { codec })
  return { kind, codec, payloadType: known.payloadType, clockRate: known.clockRate }
}

/** How the copy looks to the pipeline that receives it. */
export type RtpTapTarget = {
  tapId: string
  payloadType: number
  ssrc: number
  clockRate: number
  channels?: number
  /** As in the codec's MIME type: `H264`, `opus`. */
  codec: string
  /** Where the pipeline sends its receiver reports and keyframe requests. */
  rtcpPort: number
}

/** A copy of a track as plain RTP on loopback, for analysis, egress or recording. */
export class RtpTap {
  readonly id = newId('EG')
  readonly track: Track
  readonly #transport: types.PlainTransport
  readonly #consumer: types.Consumer

  static async open(track: Track, { port, rtcpPort, paused = false }: TapOptions): Promise<RtpTap> {
    const router = track.participant.room.media.main
    const transport = await router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1', sendBufferSize: SEND_BUFFER_BYTES },
      rtcpMux: false,
      comedia: false,
    })
    try {
      await transport.connect({ ip: '127.0.0.1', port, rtcpPort })
      const rtpCapabilities = bare(router.rtpCapabilities)
      if (!router.canConsume({ producerId: track.producer.id, rtpCapabilities }))
        throw new MediaError('CODEC_UNSUPPORTED', { codec: track.codec })
      const consumer = await transport.consume({ producerId: track.producer.id, rtpCapabilities, paused })
      return new RtpTap(track, transport, consumer)
    } catch (error) {
      transport.close()
      throw error
    }
  }

  private constructor(track: Track, transport: types.PlainTransport, consumer: types.Consumer) {
    this.track = track
    this.#transport = transport
    this.#consumer = consumer
  }

  get target(): RtpTapTarget {
    const [codec] = this.#consumer.rtpParameters.codecs
    if (!codec) throw new MediaError('CODEC_UNSUPPORTED', { codec: this.track.codec })
    return {
      tapId: this.id,
      payloadType: codec.payloadType,
      ssrc: this.#consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0,
      clockRate: codec.clockRate,
      ...(codec.channels !== undefined && { channels: codec.channels }),
      codec: this.track.codec,
      rtcpPort: this.#transport.rtcpTuple?.localPort ?? 0,
    }
  }

  /** `gone` is called once, when the tap was closed or what it copies has ended. */
  onClosed(gone: () => void): void {
    this.#consumer.observer.once('close', gone)
  }

  resume(): Promise<void> {
    return this.#consumer.resume()
  }

  /** Asks the sender for a keyframe; mediasoup lets through as many as make sense. */
  requestKeyframe(): Promise<void> {
    return this.#consumer.requestKeyFrame()
  }

  close(): void {
    this.#transport.close()
  }
}

/**
 * What a pipeline takes: no RTX, which it would not ask for, and no bandwidth estimation, whose probes it would choke on.
 */
function bare(capabilities: types.RtpCapabilities): types.RtpCapabilities {
  const codecs = (capabilities.codecs ?? [])
    .filter(({ mimeType }) => !mimeType.toLowerCase().endsWith('/rtx'))
    .map((codec) => ({
      ...codec,
      rtcpFeedback:
        codec.kind === 'video'
          ? [
              { type: 'nack', parameter: 'pli' },
              { type: 'ccm', parameter: 'fir' },
            ]
          : [],
    }))
  return { codecs, headerExtensions: [] }
}
