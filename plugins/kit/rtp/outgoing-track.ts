import type { RtpIngestOptions, RtpTarget } from '../../../core/ingress/rtp-ingest.ts'
import type { TrackInfo } from '../../../core/room/track.ts'
import type { CoreApi } from '../core-api.ts'
import type { Remote } from '../rpc.ts'
import { RtpSender, type RtpStream } from './rtp-sender.ts'
import type { SenderReports } from './sender-reports.ts'
import type { SessionClock } from './session-clock.ts'

export type TrackContext = { core: Remote<CoreApi>; participantId: string; clock: SessionClock; reports: SenderReports }

/** A published track and the socket that its RTP leaves by. It ends with its participant; the socket is closed here. */
export class OutgoingTrack {
  readonly id: string
  readonly sender: RtpSender
  readonly source: RtpStream
  /** The second stream of a bridged track. */
  readonly bridge: RtpStream | undefined
  readonly #core: TrackContext['core']
  readonly #stopReports: () => void
  #told: string | undefined
  #closed = false

  /** @throws {MediaError} `PARTICIPANT_NOT_FOUND` when the participant has left meanwhile. */
  static async publish(context: TrackContext, options: RtpIngestOptions): Promise<OutgoingTrack> {
    const target = await context.core.tracks.publishRtp(context.participantId, options)
    const { clockRate } = options.codec
    const sender = await RtpSender.open({ ip: target.ip, port: target.port, payloadType: target.payloadType, clockRate })
    return new OutgoingTrack(context, target, sender)
  }

  private constructor({ core, participantId, clock, reports }: TrackContext, target: RtpTarget, sender: RtpSender) {
    this.#core = core
    this.id = target.trackId
    this.sender = sender
    this.source = sender.stream(target.ssrc)
    this.bridge = target.bridgeSsrc === undefined ? undefined : sender.stream(target.bridgeSsrc)
    const streams = this.bridge ? [this.source, this.bridge] : [this.source]
    const reported = { ip: target.ip, rtcpPort: target.rtcpPort, cname: participantId, clock, streams }
    this.#stopReports = reports.add(reported)
    // A stream is known to the media worker from its first packet on, and can be changed to once it was reported on.
    sender.onEarlyPacket = () => reports.send(reported)
  }

  /** Tells core what is known of it by now, when that is news. */
  describe(facts: TrackInfo): void {
    const told = JSON.stringify(facts)
    if (told === this.#told) return
    this.#told = told
    this.#core.tracks.describe(this.id, facts).catch(() => {}) // it has ended meanwhile
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopReports()
    this.sender.close()
  }
}
