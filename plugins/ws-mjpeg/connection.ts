import type { WebSocket } from 'ws'
import type { CloseReason } from '../../core/room/close-reason.ts'
import { isJpeg } from './jpeg.ts'
import { TokenBucket } from './rate.ts'
import { REFUSALS, type Refusal, refuse } from './refusal.ts'

/** What a camera may do. */
export type Limits = {
  readonly maxFps: number
  readonly maxFrameBytes: number
}

export type Receiver = {
  frame(jpeg: Buffer, nowMs: number): void
  /** The frame was one too many for this second. */
  dropped(): void
  stats(stats: Readonly<Record<string, unknown>>): void
  closed(reason: CloseReason): void
}

const MAX_INVALID_IN_A_ROW = 5
const MAX_STATS_CHARS = 4_096
const MAX_UNANSWERED_PINGS = 2

/** What one device sends: a JPEG in each binary message, and now and then a text about itself. */
export class Connection {
  readonly #socket: WebSocket
  readonly #receiver: Receiver
  readonly #bucket: TokenBucket
  #limits: Limits
  #lastFrameAtMs = performance.now()
  #invalid = 0
  #unanswered = 0
  #reason: CloseReason | undefined

  constructor(socket: WebSocket, limits: Limits, receiver: Receiver) {
    this.#socket = socket
    this.#receiver = receiver
    this.#limits = limits
    this.#bucket = new TokenBucket(limits.maxFps, this.#lastFrameAtMs)
    socket.on('message', (data, isBinary) => {
      if (socket.readyState !== socket.OPEN) return
      if (isBinary) this.#binary(data as Buffer)
      else this.#text(data as Buffer)
    })
    socket.on('pong', () => {
      this.#unanswered = 0
    })
    socket.once('close', (code) => receiver.closed(this.#reason ?? (code === 1000 ? 'LEFT' : 'DISCONNECTED')))
  }

  set limits(limits: Limits) {
    this.#limits = limits
    this.#bucket.perSecond = limits.maxFps
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.#socket.send(JSON.stringify(message))
  }

  ping(): void {
    if (this.#unanswered >= MAX_UNANSWERED_PINGS) this.#socket.terminate()
    else if (this.#socket.readyState === this.#socket.OPEN) {
      this.#unanswered++
      this.#socket.ping()
    }
  }

  checkIdle(timeoutMs: number): void {
    if (performance.now() - this.#lastFrameAtMs >= timeoutMs) this.close(REFUSALS.idle, 'IDLE')
  }

  close(refusal: Refusal, reason: CloseReason): void {
    this.#reason ??= reason
    refuse(this.#socket, refusal)
  }

  #binary(jpeg: Buffer): void {
    const nowMs = performance.now()
    if (jpeg.length > this.#limits.maxFrameBytes) this.close(REFUSALS.frameTooLarge, 'REFUSED')
    else if (!isJpeg(jpeg)) {
      if (++this.#invalid >= MAX_INVALID_IN_A_ROW) this.close(REFUSALS.invalidFrames, 'REFUSED')
    } else {
      this.#invalid = 0
      if (this.#bucket.take(nowMs)) {
        this.#lastFrameAtMs = nowMs
        this.#receiver.frame(jpeg, nowMs)
      } else this.#receiver.dropped()
    }
  }

  #text(data: Buffer): void {
    if (data.length > MAX_STATS_CHARS) return
    const message = parsed(data.toString())
    if (message?.type !== 'stats') return
    const { type: _, ...stats } = message
    this.#receiver.stats(stats)
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
