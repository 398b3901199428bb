import { randomInt } from 'node:crypto'
import type { types } from 'mediasoup'
import type { Log } from '../kernel/log.ts'
import type { Participant } from '../room/participant.ts'
import type { Track, TrackInfo } from '../room/track.ts'

/** Keyframes come in bursts; a smaller buffer loses packets inside the machine. */
const RECEIVE_BUFFER_BYTES = 8 << 20

export type RtpIngestOptions = {
  kind: types.MediaKind
  /** As an RTP codec: `video/H264`, 90000 … The payload type is ours to choose. */
  codec: {
    mimeType: types.RtpCodecParameters['mimeType']
    clockRate: number
    channels?: number
    parameters?: Record<string, string | number>
  }
  /** Ask for a second stream that bridges the time to the next keyframe; see `Track.bridged`. */
  bridged?: boolean
  /** Its publisher keeps what leads to the present picture, and sends it to who asks by `tracks.replay`. */
  replayable?: boolean
  info?: TrackInfo
}

/** Where a publisher's pipeline sends one track's RTP, always on loopback. RTCP sender reports go to `rtcpPort`. */
export type RtpTarget = {
  trackId: string
  ip: string
  port: number
  rtcpPort: number
  payloadType: number
  ssrc: number
  /** The SSRC of the bridging stream, when one was asked for. */
  bridgeSsrc?: number
}

/**
 * One track that a pipeline sends as plain RTP. It outlives its media worker: the transport comes back on the same
 * ports, so the sender never notices.
 */
export class RtpIngest {
  readonly #participant: Participant
  readonly #options: RtpIngestOptions
  readonly #log: Log
  readonly #rtpParameters: types.RtpParameters
  #transport!: types.PlainTransport
  #track!: Track
  #ports: { rtp: number; rtcp: number } | undefined

  static async open(participant: Participant, options: RtpIngestOptions, log: Log): Promise<RtpTarget> {
    participant.requireMayPublish(options.kind)
    const ingest = new RtpIngest(participant, options, log)
    const producer = await ingest.#produce()
    const codec = options.codec.mimeType.split('/')[1] ?? options.codec.mimeType
    const { kind, bridged = false, replayable = false, info = {} } = options
    ingest.#track = participant.publish({ kind, codec, producer, bridged, replayable, info })
    ingest.#followRoom()
    return ingest.#target()
  }

  private constructor(participant: Participant, options: RtpIngestOptions, log: Log) {
    this.#participant = participant
    this.#options = options
    this.#log = log
    this.#rtpParameters = rtpParametersFor(participant, options)
  }

  async #produce(): Promise<types.Producer> {
    const router = this.#participant.room.media.main
    this.#transport = await router.createPlainTransport({
      listenInfo: this.#listen(this.#ports?.rtp),
      rtcpListenInfo: this.#listen(this.#ports?.rtcp),
      rtcpMux: false,
      comedia: true,
    })
    const { tuple, rtcpTuple } = this.#transport
    this.#ports = { rtp: tuple.localPort, rtcp: rtcpTuple?.localPort ?? 0 }
    return this.#transport.produce({ kind: this.#options.kind, rtpParameters: this.#rtpParameters })
  }

  #followRoom(): void {
    const { events } = this.#participant.room.media
    const remake = () => void this.#remake()
    events.on('remade', remake)
    this.#participant.room.events.on('track.unpublished', this.#onUnpublished)
    this.#stopFollowing = () => {
      events.off('remade', remake)
      this.#participant.room.events.off('track.unpublished', this.#onUnpublished)
    }
  }

  #stopFollowing = (): void => {}

  readonly #onUnpublished = (track: Track): void => {
    if (track !== this.#track) return
    this.#stopFollowing()
    this.#transport.close()
  }

  async #remake(): Promise<void> {
    try {
      const producer = await this.#produce()
      if (this.#track.closed) producer.close()
      else this.#track.remake(producer)
    } catch (error) {
      const { id: participant, room } = this.#participant
      const ids = { app: room.app.name, room: room.name, participant, track: this.#track.id }
      this.#log.error({ err: error, ...ids }, 'track could not be re-made')
      this.#track.close('MEDIA_WORKER_DIED')
    }
  }

  #listen(port: number | undefined): types.TransportListenInfo {
    return { protocol: 'udp', ip: '127.0.0.1', recvBufferSize: RECEIVE_BUFFER_BYTES, ...(port !== undefined && { port }) }
  }

  #target(): RtpTarget {
    const [codec] = this.#rtpParameters.codecs
    const ssrcs = (this.#rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc ?? 0)
    const ssrc = ssrcs.at(-1) ?? 0
    return {
      trackId: this.#track.id,
      ip: '127.0.0.1',
      port: this.#ports?.rtp ?? 0,
      rtcpPort: this.#ports?.rtcp ?? 0,
      payloadType: codec?.payloadType ?? 0,
      ssrc,
      ...(this.#options.bridged && { bridgeSsrc: ssrcs[0] ?? 0 }),
    }
  }
}

function rtpParametersFor(participant: Participant, { kind, codec, bridged }: RtpIngestOptions): types.RtpParameters {
  const ssrc = newSsrc()
  return {
    codecs: [
      {
        ...codec,
        payloadType: kind === 'video' ? 96 : 97,
        parameters: codec.parameters ?? {},
        // No plain "nack": a pipeline can't send anything again.
        rtcpFeedback:
          kind === 'video'
            ? [
                { type: 'nack', parameter: 'pli' },
                { type: 'ccm', parameter: 'fir' },
              ]
            : [],
      },
    ],
    encodings: bridged ? [{ ssrc: ssrc - 1 }, { ssrc }] : [{ ssrc }],
    // One name for all of a participant's tracks: what has it in common is played in sync.
    rtcp: { cname: participant.id, reducedSize: true },
  }
}

/** SSRC 1234 is mediasoup's own, for probing. */
function newSsrc(): number {
  return randomInt(10_000, 0xffff_ffff)
}
