import type { WebSocket } from 'ws'
import type { CloseReason } from '../../core/room/close-reason.ts'
import type { CameraKey } from './camera-key.ts'
import { Connection, type Limits } from './connection.ts'
import { Frame } from './frame.ts'
import type { Refusal } from './refusal.ts'

export type CameraOptions = {
  key: CameraKey
  identity: string
  /** Whom it wanted to be; somebody else may have that name. */
  wantedIdentity: string
  participantId: string
  onFrame: (camera: Camera, frame: Frame) => void
  onClosed: (camera: Camera, reason: CloseReason) => void
}

/** What a camera was like during the last second. */
export type Sample = { readonly fps: number; readonly bitrateBps: number }

/** One camera that is connected. It is the same one when its device connects again before the old connection has ended. */
export class Camera {
  readonly key: CameraKey
  readonly identity: string
  readonly wantedIdentity: string
  readonly participantId: string
  readonly startedAt = new Date()
  readonly #options: CameraOptions
  #connection: Connection | undefined
  #closed = false
  #sampledAtMs = performance.now()
  #sampledFrames = 0
  #sampledBytes = 0
  latest: Frame | undefined
  /** What the device last said about itself. */
  deviceStats: Readonly<Record<string, unknown>> | undefined
  sample: Sample = { fps: 0, bitrateBps: 0 }
  framesReceived = 0
  framesDropped = 0
  bytesReceived = 0
  lastFrameAt: Date | undefined

  constructor(options: CameraOptions) {
    this.#options = options
    this.key = options.key
    this.identity = options.identity
    this.wantedIdentity = options.wantedIdentity
    this.participantId = options.participantId
  }

  /** `<room>/<identity>` */
  get name(): string {
    return `${this.key.room}/${this.identity}`
  }

  get closed(): boolean {
    return this.#closed
  }

  set limits(limits: Limits) {
    if (this.#connection) this.#connection.limits = limits
  }

  /** Takes its pictures from this socket from now on. */
  connect(socket: WebSocket, limits: Limits): Connection {
    const connection: Connection = new Connection(socket, limits, {
      frame: (jpeg, nowMs) => {
        if (connection === this.#connection) this.#take(jpeg, nowMs)
      },
      dropped: () => this.framesDropped++,
      stats: (stats) => {
        if (connection === this.#connection) this.deviceStats = stats
      },
      closed: (reason) => {
        if (connection === this.#connection) this.#end(reason)
      },
    })
    this.#connection = connection
    return connection
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  /** It counts as gone at once, however long its device takes to say goodbye. */
  close(refusal: Refusal, reason: CloseReason): void {
    this.#connection?.close(refusal, reason)
    this.#end(reason)
  }

  /** Takes the measure of the time since the last tick. */
  tick(): void {
    const nowMs = performance.now()
    const seconds = Math.max(0.001, (nowMs - this.#sampledAtMs) / 1_000)
    this.sample = {
      fps: Math.round(((this.framesReceived - this.#sampledFrames) / seconds) * 10) / 10,
      bitrateBps: Math.round(((this.bytesReceived - this.#sampledBytes) * 8) / seconds),
    }
    this.#sampledAtMs = nowMs
    this.#sampledFrames = this.framesReceived
    this.#sampledBytes = this.bytesReceived
  }

  #take(jpeg: Buffer, nowMs: number): void {
    const frame = new Frame(jpeg, nowMs)
    this.latest = frame
    this.lastFrameAt = new Date()
    this.framesReceived++
    this.bytesReceived += jpeg.length
    this.#options.onFrame(this, frame)
  }

  #end(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    this.#connection = undefined
    this.#options.onClosed(this, reason)
  }
}
