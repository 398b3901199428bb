import { Feed } from '../../core/kernel/feed.ts'
import type { Host } from '../kit/host.ts'
import type { Audience } from './audience.ts'
import type { Camera } from './camera.ts'
import type { Cameras } from './cameras.ts'
import type { WsMjpegConfig } from './config.ts'

const SAMPLE_INTERVAL_MS = 1_000
const REPORT_INTERVAL_MS = 250
const MAX_IDLE_CHECK_MS = 5_000

/** What happens by the clock to all cameras: they are measured, pinged, and disconnected when they have gone silent. */
export class Watch {
  readonly #host: Pick<Host, 'core'>
  readonly #timers: NodeJS.Timeout[]
  readonly #reported = new WeakMap<Camera, unknown>()

  constructor(host: Pick<Host, 'core'>, { idleTimeoutMs, pingIntervalMs }: WsMjpegConfig, cameras: Cameras, audience: Audience) {
    this.#host = host
    const idleCheckMs = Math.min(MAX_IDLE_CHECK_MS, Math.ceil(idleTimeoutMs / 6))
    this.#timers = [
      setInterval(() => {
        for (const camera of cameras) camera.tick()
      }, SAMPLE_INTERVAL_MS),
      setInterval(() => {
        for (const camera of cameras) this.#report(camera)
      }, REPORT_INTERVAL_MS),
      setInterval(() => {
        for (const camera of cameras) camera.connection?.checkIdle(idleTimeoutMs)
      }, idleCheckMs),
      setInterval(() => {
        for (const camera of cameras) camera.connection?.ping()
        audience.ping()
      }, pingIntervalMs),
    ]
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** What a device says of itself belongs to its stream, as soon as it says something new. */
  #report(camera: Camera): void {
    const { deviceStats, framesReceived, framesDropped, participantId } = camera
    if (!deviceStats || this.#reported.get(camera) === deviceStats) return
    this.#reported.set(camera, deviceStats)
    const stats = { ...deviceStats, framesReceived, framesDroppedFps: framesDropped, ts: new Date().toISOString() }
    this.#host.core.participants.report(participantId, stats).catch(() => {}) // it has left
  }
}

/** The cameras of a room every so often. A slow reader gets the latest. */
export function samples(cameras: Cameras, room: string, intervalMs: number): Feed<Camera> {
  const feed = new Feed<Camera>({ keyOf: ({ key }) => key.id, onEnd: () => clearInterval(timer) })
  const tell = () => {
    for (const camera of cameras.inRoom(room)) feed.push(camera)
  }
  const timer = setInterval(tell, intervalMs)
  tell()
  return feed
}
