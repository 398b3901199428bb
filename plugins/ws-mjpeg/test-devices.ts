import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { TestRuntime } from '../../test/harness.ts'
import { use } from '../kit/define-config.ts'
import type whip from '../whip/plugin.ts'
import type wsMjpeg from './plugin.ts'

export type Options = Parameters<typeof use<typeof wsMjpeg>>[1]

export function startServer(options: Options = {}, env: Record<string, string> = {}): Promise<TestRuntime> {
  const plugins = [use<typeof whip>('./plugins/whip/plugin.ts'), use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts', options)]
  return TestRuntime.start({ plugins, env })
}

/** Moving pictures, made by ffmpeg. */
export function pictures(count: number, size = '320x240'): Buffer[] {
  const source = `testsrc2=s=${size}:r=10`
  const args = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-frames:v',
    String(count),
    '-q:v',
    '8',
    '-f',
    'image2pipe',
    '-c:v',
    'mjpeg',
    '-',
  ]
  const { stdout } = spawnSync('ffmpeg', args, { maxBuffer: 1 << 28 })
  const frames: Buffer[] = []
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(Buffer.from([0xff, 0xd9]), at) + 2
    frames.push(stdout.subarray(at, end))
    at = end
  }
  return frames
}

export type Ready = { type: 'ready'; room: string; streamId: string; maxFps: number; maxFrameBytes: number; idleTimeoutSec: number }
export type Told = Ready | { type: 'error'; code: string; message: string }
export type End = { code: number; reason: string; told: Told | undefined }

/** A camera as it is out there. */
export class Device implements Disposable {
  readonly socket: WebSocket
  /** The first thing it is told. */
  readonly told: Promise<Told>
  /** How the connection ended, and the last thing that was said before. */
  readonly ended: Promise<End>

  constructor(url: string, query: Record<string, string>, options: ConstructorParameters<typeof WebSocket>[2] = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ingest/ws?${new URLSearchParams(query)}`, options)
    this.socket.on('error', () => {})
    const first = Promise.withResolvers<Told>()
    this.told = first.promise
    let last: Told | undefined
    this.socket.on('message', (data) => {
      last = JSON.parse(String(data)) as Told
      first.resolve(last)
    })
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason), told: last }))
    })
  }

  async ready(): Promise<Ready> {
    const told = await this.told
    if (told.type !== 'ready') throw new Error(JSON.stringify(told))
    return told
  }

  send(picture: Buffer | string): void {
    this.socket.send(picture)
  }

  /** Sends these again and again. */
  play(frames: readonly Buffer[], framesPerSecond: number): void {
    let frame = 0
    const timer = setInterval(() => {
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frames[frame++ % frames.length]!)
    }, 1_000 / framesPerSecond)
    this.socket.once('close', () => clearInterval(timer))
  }

  async close(): Promise<void> {
    this.socket.close(1000)
    await this.ended
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}

export async function createKey(
  runtime: TestRuntime,
  room: string,
  app = 'live',
  identity?: string,
): Promise<{ id: string; secret: string }> {
  const { made } = await runtime.graphql<{ made: { key: { id: string }; secret: string } }>(
    `mutation ($app: String!, $room: String!, $identity: String) {
      made: createCameraKey(app: $app, room: $room, identity: $identity) { key { id } secret }
    }`,
    { app, room, identity: identity ?? null },
  )
  return { id: made.key.id, secret: made.secret }
}

/** A camera that was let in. */
export async function connect(runtime: TestRuntime, room: string, secret: string, identity?: string): Promise<Device> {
  const device = new Device(runtime.url, { app: 'live', room, key: secret, ...(identity !== undefined && { identity }) })
  await device.ready()
  return device
}

/** Somebody at `/live/ws`. */
export async function watch(runtime: TestRuntime, query: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(`${runtime.url.replace(/^http/, 'ws')}/live/ws?${new URLSearchParams(query)}`)
  await once(socket, 'open')
  return socket
}
