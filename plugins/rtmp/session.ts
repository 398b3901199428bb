import { MediaError } from '../../core/kernel/errors.ts'
import { newId } from '../../core/kernel/ids.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { Admission } from '../kit/core-api.ts'
import type { Host, PluginTask } from '../kit/host.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import { SessionClock } from '../kit/rtp/session-clock.ts'
import { PROTOCOL } from './arrival.ts'
import { Audio } from './audio.ts'
import { BitrateLimit } from './bitrate-limit.ts'
import type { RtmpConfig } from './config.ts'
import type { RtmpConnection } from './protocol/connection.ts'
import type { CloseReason as ConnectionEnd } from './protocol/connection-types.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { StreamMetadata } from './protocol/metadata.ts'
import { type RtmpSample, SampleMeter } from './sample.ts'
import { Video } from './video.ts'

export type SessionOptions = {
  connection: RtmpConnection
  admission: Admission
  /** What the encoder calls itself. */
  encoder: string
  host: Pick<Host, 'core' | 'pipelines' | 'tasks' | 'log'>
  config: RtmpConfig
  reports: SenderReports
  onClosed: (session: Session) => void
}

/** Why the participant leaves, by how its connection ended. */
const REASONS: Record<ConnectionEnd, CloseReason> = {
  UNPUBLISHED: 'LEFT',
  DISCONNECTED: 'DISCONNECTED',
  IDLE: 'IDLE',
  PROTOCOL_ERROR: 'FAILED',
  REFUSED: 'REFUSED',
  REQUESTED: 'REQUESTED',
}

/** One encoder that publishes: its connection, its participant and its tracks, which end together. */
export class Session {
  readonly id = newId('SE')
  readonly admission: Admission
  readonly startedAt = new Date()
  readonly remoteAddress: string
  readonly #options: SessionOptions
  readonly #connection: RtmpConnection
  readonly #log: Log
  readonly #task: PluginTask
  readonly #clock = new SessionClock()
  readonly #video: Video
  readonly #audio: Audio
  readonly #meter: SampleMeter
  readonly #limit: BitrateLimit | undefined
  #encoder: string
  #dropped = 0
  #closed = false

  constructor(options: SessionOptions) {
    const { connection, admission, host, config } = options
    const { participantId, app, room, identity } = admission
    const name = `${room}/${identity}`
    this.#options = options
    this.#connection = connection
    this.admission = admission
    this.remoteAddress = connection.remoteAddress
    this.#encoder = options.encoder
    this.#log = host.log.child({ session: this.id, app, room, identity, participant: participantId })
    this.#task = host.tasks.open({
      type: 'INGRESS',
      name: `${PROTOCOL} ${name}`,
      stop: async () => this.close('REQUESTED', 'Stopped by the operator.'),
    })
    this.#limit = config.maxBitrateBps > 0 ? new BitrateLimit(config.maxBitrateBps) : undefined

    const shared = {
      pipelines: host.pipelines,
      tasks: host.tasks,
      parent: this.#task,
      log: this.#log,
      context: { core: host.core, participantId, clock: this.#clock, reports: options.reports },
      onDropped: () => this.#dropped++,
    }
    this.#video = new Video({
      ...shared,
      name: `${name} video`,
      bitrateBps: config.transcodeBitrateBps,
      bFrames: admission.settings.bFrames,
      bridged: config.bridge,
      pause: () => {
        connection.pause()
        return () => connection.resume()
      },
      onGaveUp: (reason) => this.#fail('video', reason),
    })
    this.#audio = new Audio({
      ...shared,
      name: `${name} audio`,
      bitrateBps: config.audioBitrateBps,
      onGaveUp: (reason) => this.#fail('audio', reason),
    })
    this.#meter = new SampleMeter({
      receivedBytes: () => connection.receivedBytes,
      frames: () => this.#video.frames,
    })
    connection.events.on('media', (message) => this.#take(message))
    connection.events.on('metadata', (metadata) => this.#described(metadata))
    connection.events.once('closed', (reason, detail) => this.#ended(reason, detail))
    this.#task.running()
    this.#log.info({ encoder: this.#encoder, from: this.remoteAddress }, 'RTMP session opened')
  }

  get participantId(): string {
    return this.admission.participantId
  }

  /** What it is like at this moment. */
  get sample(): RtmpSample {
    const { id, admission, startedAt, remoteAddress } = this
    return {
      id,
      participantId: admission.participantId,
      app: admission.app,
      room: admission.room,
      identity: admission.identity,
      encoder: this.#encoder,
      remoteAddress,
      startedAt,
      videoCodec: this.#video.codec,
      audioCodec: this.#audio.codec,
      ...this.#video.facts,
      ...this.#meter.last,
      receivedBytes: this.#connection.receivedBytes,
      droppedFrames: this.#dropped,
    }
  }

  /** Takes the measure of the last second. */
  tick(): void {
    this.#meter.tick()
    this.#video.describe()
    if (this.#limit?.isExceeded(this.#connection.receivedBytes)) {
      this.close('REFUSED', `More than ${this.#options.config.maxBitrateBps} bit/s for ten seconds.`)
    }
  }

  keyframeWanted(ssrc: number): void {
    this.#video.keyframeWanted(ssrc)
  }

  /** What leads to the present picture, to be decoded in one go. */
  replay(): Iterable<Buffer> {
    return this.#video.replay()
  }

  bridgeViewers(count: number): void {
    this.#video.bridgeViewers(count)
  }

  /** @param detail What the encoder is told. */
  close(reason: 'REQUESTED' | 'REFUSED', detail: string): void {
    this.#connection.close(reason, detail)
  }

  #take(message: MediaMessage): void {
    this.#clock.start(message.timestampMs)
    try {
      if (message.type === 'video') this.#video.push(message)
      else if (message.type === 'audio') this.#audio.push(message)
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#log.warn({ reason: error.message }, 'RTMP session refused')
      this.close('REFUSED', error.message)
    }
  }

  #described(metadata: StreamMetadata): void {
    if (metadata.encoder) this.#encoder = metadata.encoder
    this.#video.described(metadata)
  }

  #fail(kind: string, reason: string): void {
    if (this.#closed) return
    this.#log.error({ kind, reason }, 'RTMP session failed')
    this.close('REFUSED', `The server could not process the ${kind}.`)
  }

  #ended(end: ConnectionEnd, detail: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#video.close()
    this.#audio.close()
    const reason = REASONS[end]
    this.#options.host.core.participants.leave(this.participantId, reason).catch(() => {}) // core is gone, and with it the room
    this.#task.stopped(end === 'UNPUBLISHED' || end === 'REQUESTED' ? undefined : detail || end)
    this.#log.info({ reason, detail, receivedBytes: this.#connection.receivedBytes }, 'RTMP session closed')
    this.#options.onClosed(this)
  }
}
