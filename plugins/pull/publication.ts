import { messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { IngressInfo } from '../kit/core-api.ts'
import type { Host, PluginTask } from '../kit/host.ts'
import type { SenderReports } from '../kit/rtp/sender-reports.ts'
import { SessionClock } from '../kit/rtp/session-clock.ts'
import type { PullConfig } from './config.ts'
import { Media } from './media/media.ts'
import type { PublicationSample } from './sample.ts'
import type { TrackFormat } from './source.ts'

/** Packets that wait while core lets the publisher in; more are not needed for that long. */
const MAX_WAITING = 4_000

export type PublicationOptions = {
  ingress: IngressInfo
  host: Pick<Host, 'core' | 'pipelines' | 'tasks'>
  config: PullConfig
  reports: SenderReports
  task: PluginTask
  log: Log
  kind: () => 'RTSP' | 'URL'
  requestKeyframe: () => void
  /** The first packet since the source was connected to has come. */
  onLive: () => void
  onFailed: (reason: string) => void
}

/** The publisher that a pull has in its room: joins with the first packet and stays while the source is connected to again. */
export class Publication {
  readonly #options: PublicationOptions
  readonly #formats = new Map<number, TrackFormat>()
  #participantId: string | undefined
  #media: Media | undefined
  #waiting: (() => void)[] = []
  /** Grows with everything that ends a stay, so that whoever joins knows whether it is still wanted. */
  #stay = 0
  #isJoining = false
  #isCommonTime = false
  #isLive = false
  #receivedBytes = 0
  #measured = { at: performance.now(), bytes: 0, bitrateBps: 0 }
  #lastPacketAt = performance.now()
  #restartedAt = performance.now()

  constructor(options: PublicationOptions) {
    this.#options = options
  }

  get participantId(): string | undefined {
    return this.#participantId
  }

  get media(): Media | undefined {
    return this.#media
  }

  get sample(): PublicationSample {
    const { bitrateBps } = this.#measured
    return { participantId: this.#participantId, bitrateBps, receivedBytes: this.#receivedBytes, ...this.#media?.facts }
  }

  /** Since the last packet, or since the source began to be connected to, in milliseconds. */
  get silentMs(): number {
    return performance.now() - Math.max(this.#lastPacketAt, this.#restartedAt)
  }

  /** Since the last packet, however often the source was connected to since, in milliseconds. */
  get awayMs(): number {
    return performance.now() - this.#lastPacketAt
  }

  /** A source is about to be connected to. @param isCommonTime Its tracks will count from the same instant. */
  restart(isCommonTime: boolean): void {
    this.#isCommonTime = isCommonTime
    this.#isLive = false
    this.#formats.clear()
    this.#waiting = []
    this.#media?.restart(isCommonTime)
    this.#restartedAt = performance.now()
  }

  track(index: number, format: TrackFormat): void {
    this.#formats.set(index, format)
    if (this.#media) this.#describe(this.#media, index, format)
  }

  packet(index: number, packet: Buffer): void {
    this.#receivedBytes += packet.length
    this.#lastPacketAt = performance.now()
    if (!this.#isLive) {
      this.#isLive = true
      this.#options.onLive()
    }
    if (this.#media) {
      this.#media.packet(index, packet)
      return
    }
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(() => this.#media?.packet(index, packet))
    if (!this.#isJoining) void this.#join()
  }

  report(index: number, rtpTime: number, wallClockMs: number): void {
    this.#media?.report(index, rtpTime, wallClockMs)
  }

  /** Takes the measure of the time since the last one. */
  tick(): void {
    const at = performance.now()
    const bytes = this.#receivedBytes
    const seconds = Math.max(0.001, (at - this.#measured.at) / 1_000)
    this.#measured = { at, bytes, bitrateBps: Math.round(((bytes - this.#measured.bytes) * 8) / seconds) }
  }

  /** Its participant is no longer in the room. @returns Whether it was its. */
  forget(participantId: string): boolean {
    if (participantId !== this.#participantId) return false
    this.#drop()
    return true
  }

  /** Leaves the room. */
  close(reason: CloseReason): void {
    const id = this.#participantId
    this.#drop()
    if (id !== undefined) this.#options.host.core.participants.leave(id, reason).catch(() => {}) // core is gone, and with it the room
  }

  async #join(): Promise<void> {
    const { host, ingress, kind, onFailed } = this.#options
    const stay = this.#stay
    this.#isJoining = true
    try {
      const { participantId } = await host.core.ingresses.admit(ingress.id, kind())
      if (stay === this.#stay) this.#open(participantId)
      else await host.core.participants.leave(participantId, 'REQUESTED')
    } catch (error) {
      if (stay === this.#stay) onFailed(messageOf(error))
    } finally {
      this.#isJoining = false
    }
  }

  #open(participantId: string): void {
    const { host, reports, task, log, ingress, config, requestKeyframe, onFailed } = this.#options
    const media = new Media({
      context: { core: host.core, participantId, clock: new SessionClock(), reports },
      pipelines: host.pipelines,
      tasks: host.tasks,
      parent: task,
      log: log.child({ participant: participantId }),
      name: `pull ${ingress.room}/${ingress.identity}`,
      config,
      requestKeyframe,
      onFailed,
    })
    media.restart(this.#isCommonTime)
    this.#participantId = participantId
    this.#media = media
    for (const [index, format] of this.#formats) this.#describe(media, index, format)
    const waiting = this.#waiting
    this.#waiting = []
    for (const take of waiting) take()
  }

  /** A track that can not be carried does not stop the other one. */
  #describe(media: Media, index: number, format: TrackFormat): void {
    try {
      media.track(index, format)
    } catch (error) {
      this.#options.log.warn({ codec: format.encodingName, reason: messageOf(error) }, 'a track of the source is left out')
      if (this.#formats.size === 1) this.#options.onFailed(messageOf(error))
    }
  }

  #drop(): void {
    this.#media?.close()
    this.#media = undefined
    this.#participantId = undefined
    this.#waiting = []
    this.#stay++
  }
}
