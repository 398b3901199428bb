import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { TrackData } from '../../kit/core-api.ts'
import type { Host } from '../../kit/host.ts'
import type { Frame, Setup } from '../codecs/codec.ts'
import { codecOf } from '../codecs/codecs.ts'
import { Frames } from './frames.ts'
import { isRtcp, rtpPacketOf, senderReportOf } from './packet.ts'
import { Reorder } from './reorder.ts'
import { SenderClock } from './sender-clock.ts'

/** The kernel keeps what comes while this thread is busy. */
const RECEIVE_BUFFER_BYTES = 4 << 20
/** How often a keyframe is asked for while it is needed, in milliseconds. */
const ASK_AGAIN_MS = 1_000

export type FrameHandler = (track: TappedTrack, frame: Frame, rtpTime: number) => void

/** A copy of a track, frame by frame. */
export class TappedTrack {
  readonly kind: 'audio' | 'video'
  readonly codec
  readonly clock: SenderClock
  /** Of the last keyframe. */
  setup: Setup | undefined
  /** The last keyframe. */
  keyframe: Buffer | undefined
  readonly #core: Host['core']
  readonly #socket: Socket
  readonly #reorder: Reorder
  readonly #frames: Frames
  readonly #id: string
  #tapId: string | undefined
  #askedAtMs = 0
  #isClosed = false

  /** Nothing flows before `resume`. @throws {MediaError} `CODEC_UNSUPPORTED` or `TRACK_NOT_FOUND`. */
  static async open(core: Host['core'], { id, kind, codec }: TrackData, onFrame: FrameHandler): Promise<TappedTrack> {
    const { clockRate } = await core.tracks.format(id)
    const track = new TappedTrack(core, { id, kind, codec, clockRate }, onFrame)
    try {
      await track.#bind()
      return track
    } catch (error) {
      await track.close()
      throw error
    }
  }

  private constructor(
    core: Host['core'],
    { id, kind, codec, clockRate }: Pick<TrackData, 'id' | 'kind' | 'codec'> & { clockRate: number },
    onFrame: FrameHandler,
  ) {
    this.#core = core
    this.#id = id
    this.kind = kind
    this.codec = codecOf(codec)
    this.clock = new SenderClock(clockRate)
    // What needs no keyframe is described before it begins.
    if (kind === 'audio') this.setup = this.codec.setup(Buffer.alloc(0))
    this.#frames = new Frames(
      this.codec,
      (frame, rtpTime) => {
        if (kind === 'video' && frame.isKeyframe) {
          this.setup = this.codec.setup(frame.data) ?? this.setup
          this.keyframe = frame.data
        }
        onFrame(this, frame, rtpTime)
      },
      () => this.requestKeyframe(),
    )
    this.#reorder = new Reorder((packet, isAfterLoss) => this.#frames.push(packet, isAfterLoss))
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
    this.#socket.on('message', (packet) => this.#take(packet))
    this.#socket.on('error', () => {})
  }

  async resume(): Promise<void> {
    if (this.#tapId !== undefined) await this.#core.tracks.resumeTap(this.#tapId)
  }

  /** Lets its sender make a keyframe, if it can. */
  requestKeyframe(): void {
    this.#askedAtMs = Date.now()
    if (this.#tapId !== undefined) this.#core.tracks.requestKeyframe(this.#tapId).catch(() => {})
  }

  /** Gives up what does not come any more. To be called now and then. */
  tick(nowMs: number): void {
    this.#reorder.expire(nowMs)
    if (this.#frames.needsKeyframe && nowMs - this.#askedAtMs > ASK_AGAIN_MS) this.requestKeyframe()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#tapId !== undefined) await this.#core.tracks.untap(this.#tapId).catch(() => undefined)
    this.#reorder.expire(Number.POSITIVE_INFINITY)
    this.#socket.close()
  }

  async #bind(): Promise<void> {
    this.#socket.bind(0, '127.0.0.1')
    await once(this.#socket, 'listening')
    const { port } = this.#socket.address()
    this.#askedAtMs = Date.now()
    const { tapId } = await this.#core.tracks.tap(this.#id, { port, rtcpPort: port, paused: true })
    this.#tapId = tapId
  }

  #take(packet: Buffer): void {
    if (isRtcp(packet)) {
      const report = senderReportOf(packet)
      if (report) this.clock.report(report)
      return
    }
    const rtp = rtpPacketOf(packet)
    if (rtp) this.#reorder.push(rtp, Date.now())
  }
}
