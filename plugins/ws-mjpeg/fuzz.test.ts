import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import type { TestRuntime } from '../../test/harness.ts'
import { connect, createKey, Device, pictures, startServer } from './test-devices.ts'

/** What is sent in all; more by hand. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 10_000)
const MESSAGES_OF_ONE = 50
const AT_ONCE = 20

const [jpeg = Buffer.alloc(0)] = pictures(1, '64x48')

const HANDSHAKES = [
  { app: 'live', room: 'fuzz' },
  { app: '\0', room: 'fuzz' },
  { app: 'live', room: '../..' },
  { app: '__proto__', room: 'constructor', key: 'wsk_toString' },
  { app: 'live', room: 'fuzz', identity: '<script>' },
  { room: 'fuzz' },
]

test(`whatever ${MESSAGES} messages hold, the plugin goes on as if nothing had been`, { timeout: 300_000 }, async () => {
  await using runtime = await startServer({ handshakesPerMinute: 100_000 })
  const keys = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => createKey(runtime, `fuzz${index}`)))
  const perWorker = Math.ceil(MESSAGES / AT_ONCE)
  await Promise.all(keys.map(({ secret }, index) => sendNonsense(runtime, `fuzz${index}`, secret, perWorker)))

  const { plugin } = await runtime.graphql<{ plugin: { state: string; restarts: number } }>(
    '{ plugin(name: "ws-mjpeg") { state restarts } }',
  )
  assert.deepEqual(plugin, { state: 'RUNNING', restarts: 0 })
  await runtime.until<{ cameraKeys: { camera: unknown }[] }>('{ cameraKeys(app: "live") { camera { identity } } }', ({ cameraKeys }) =>
    cameraKeys.every(({ camera }) => camera === null),
  )
  const { secret } = await createKey(runtime, 'after')
  using camera = await connect(runtime, 'after', secret)
  camera.send(jpeg)
  await runtime.until<{ camera: { framesReceived: number } }>(
    '{ camera(app: "live", room: "after") { framesReceived } }',
    (data) => data.camera.framesReceived === 1,
  )
  const faults = runtime.log.filter((line) => /"level":(50|60|"error"|"fatal")/.test(line))
  assert.deepEqual(faults, [])
})

async function sendNonsense(runtime: TestRuntime, room: string, secret: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += MESSAGES_OF_ONE) {
    if (randomInt(4) === 0) await knockBadly(runtime)
    using device = new Device(runtime.url, { app: 'live', room, key: secret })
    if (randomInt(3) > 0) await device.told
    else await once(device.socket, 'open')
    for (let message = 0; message < MESSAGES_OF_ONE && device.socket.readyState === device.socket.OPEN; message++)
      SENDS[randomInt(SENDS.length)]?.(device.socket)
    if (randomInt(2) === 0) device.socket.terminate()
    else device.socket.close()
    await device.ended
  }
}

const SENDS: readonly ((socket: Device['socket']) => void)[] = [
  (socket) => socket.send(jpeg),
  (socket) => socket.send(randomBytes(randomInt(200))),
  (socket) => socket.send(Buffer.concat([Buffer.from([0xff, 0xd8]), randomBytes(randomInt(3_000)), Buffer.from([0xff, 0xd9])])),
  (socket) => socket.send(jpeg.subarray(0, randomInt(jpeg.length))),
  (socket) => socket.send(randomBytes(randomInt(200)).toString('latin1')),
  (socket) => socket.send(`{"type":"stats","__proto__":1,"deep":[[[[{}]]]],"${randomBytes(4).toString('hex')}":${Math.random()}}`),
  (socket) => socket.ping(randomBytes(randomInt(125))),
  (socket) => socket.send(Buffer.alloc(0)),
  (socket) => socket.send(randomBytes(100), { fin: false }),
]

/** A handshake that is none, a frame that is none, or a query of nonsense. */
async function knockBadly(runtime: TestRuntime): Promise<void> {
  const port = Number(new URL(runtime.url).port)
  const query = new URLSearchParams(HANDSHAKES[randomInt(HANDSHAKES.length)]! as Record<string, string>)
  const socket = connectTcp({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  const path = ['/ingest/ws', '/live/ws'][randomInt(2)]
  const key = randomInt(2) === 0 ? 'MTIzNDU2Nzg5MDEyMzQ1Ng==' : 'short'
  socket.write(
    `GET ${path}?${query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  socket.write(randomBytes(randomInt(1, 300)))
  await Promise.race([once(socket, 'data'), once(socket, 'close')])
  socket.destroy()
}
