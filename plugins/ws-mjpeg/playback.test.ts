import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { after, before, test } from 'node:test'
import type { TestRuntime } from '../../test/harness.ts'
import { Frame } from './frame.ts'
import { MultipartViewer } from './multipart-viewer.ts'
import { connect, createKey, Device, pictures, startServer, watch } from './test-devices.ts'
import { MultipartReader } from './test-viewers.ts'

const frames = pictures(6)
const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = frames

let runtime: TestRuntime
before(async () => {
  runtime = await startServer({ handshakesPerMinute: 1_000 })
})
after(() => runtime?.[Symbol.asyncDispose]())

test('a viewer gets the last picture at once, then every new one, byte for byte', async () => {
  const { secret } = await createKey(runtime, 'show')
  using camera = await connect(runtime, 'show', secret)
  camera.send(first)
  await runtime.until<{ camera: { framesReceived: number } }>(
    '{ camera(app: "live", room: "show") { framesReceived } }',
    ({ camera }) => camera.framesReceived === 1,
  )

  await using viewer = await MultipartReader.open(`${runtime.url}/live/live/show/mjpeg`)
  const { headers, status } = viewer.response
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'multipart/x-mixed-replace; boundary=frame')
  assert.equal(headers.get('cache-control'), 'no-store, no-cache, must-revalidate')
  assert.deepEqual(
    ['pragma', 'connection', 'access-control-allow-origin', 'x-accel-buffering'].map((name) => headers.get(name)),
    ['no-cache', 'keep-alive', '*', 'no'],
  )
  assert.deepEqual(await viewer.next(), first)
  const socket = await watch(runtime, { app: 'live', room: 'live-show' })
  const [held] = (await once(socket, 'message')) as [Buffer]
  assert.deepEqual(held, first)
  for (const frame of frames.slice(1)) {
    const message = once(socket, 'message') as Promise<[Buffer]>
    camera.send(frame)
    assert.deepEqual(await viewer.next(), frame)
    assert.deepEqual((await message)[0], frame)
  }
  const still = await fetch(`${runtime.url}/live/live/live-show/frame.jpg`)
  assert.deepEqual(
    [still.status, still.headers.get('content-type'), still.headers.get('content-length')],
    [200, 'image/jpeg', String(frames.at(-1)?.length)],
  )
  assert.deepEqual(Buffer.from(await still.arrayBuffer()), frames.at(-1))

  const { room } = await runtime.graphql<{ room: { viewers: { edges: { node: { id: string; kind: string } }[] } } }>(
    '{ room(name: "live-show") { viewers { edges { node { id kind } } } } }',
  )
  assert.deepEqual(
    room.viewers.edges.map(({ node }) => node.kind),
    ['MJPEG', 'MJPEG'],
  )
  for (const { node } of room.viewers.edges) await runtime.graphql('mutation ($id: ID!) { closeViewer(id: $id) { id } }', { id: node.id })
  await once(socket, 'close')
  assert.equal(await viewer.next(), undefined)
})

test('who comes before the camera waits, and is counted when it has come', async () => {
  await using viewer = await MultipartReader.open(`${runtime.url}/live/live/later/mjpeg`)
  assert.equal(viewer.response.status, 200)
  assert.equal(runtime.runtime.core.rooms.find('live-later'), undefined)
  const { secret } = await createKey(runtime, 'later')
  using camera = await connect(runtime, 'later', secret)
  camera.send(first)
  assert.deepEqual(await viewer.next(), first)
  await runtime.until<{ room: { viewers: { edges: unknown[] } } }>(
    '{ room(name: "live-later") { viewers { edges { node { id } } } } }',
    ({ room }) => room.viewers.edges.length === 1,
  )
  await camera.close()
  const still = () => fetch(`${runtime.url}/live/live/later/frame.jpg`).then(({ status }) => status)
  assert.equal(await still(), 200, 'the last picture stays while somebody watches')
  await viewer[Symbol.asyncDispose]()
  await runtime.until('{ room(name: "live-later") { id } }', () => runtime.runtime.core.rooms.find('live-later')?.viewers.size === 0)
  assert.equal(await still(), 404)
})

test('of two cameras the newest is shown, and the other when that has gone', async () => {
  const [one, two] = [await createKey(runtime, 'both', 'live', 'one'), await createKey(runtime, 'both', 'live', 'two')]
  await using viewer = await MultipartReader.open(`${runtime.url}/live/live/both/mjpeg`)
  using left = await connect(runtime, 'both', one.secret)
  left.send(first)
  assert.deepEqual(await viewer.next(), first)
  using right = await connect(runtime, 'both', two.secret)
  right.send(second)
  assert.deepEqual(await viewer.next(), second)
  left.send(frames[2]!)
  await runtime.until('{ cameraKeys(app: "live") { identity camera { framesReceived } } }', (data) =>
    JSON.stringify(data).includes('"framesReceived":2'),
  )
  const still = async (query: string) => Buffer.from(await (await fetch(`${runtime.url}/live/live/both/frame.jpg${query}`)).arrayBuffer())
  assert.deepEqual([await still(''), await still('?identity=one'), await still('?identity=two')], [second, frames[2], second])
  await right.close()
  assert.deepEqual(await viewer.next(), frames[2])
})

test('what is not there is not found', async () => {
  const notFound = async (path: string, method = 'GET') => {
    const response = await fetch(`${runtime.url}${path}`, { method })
    const body = method === 'HEAD' ? undefined : ((await response.json()) as { data: null; error: { code: string; message: string } })
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    return [response.status, body?.data, body?.error.code]
  }
  for (const path of [
    '/live/live/x/frame.jpg',
    '/live/live/x/other',
    '/live/nowhere/x/mjpeg',
    '/live/live/a%20b/mjpeg',
    '/live/live',
    '/live/live/x/mjpeg/more',
  ]) {
    assert.deepEqual(await notFound(path), [404, null, 'not_found'], path)
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    assert.deepEqual(await notFound('/live/live/x/mjpeg', method), [404, null, 'not_found'], method)
  const head = await fetch(`${runtime.url}/live/live/x/mjpeg`, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal((await fetch(`${runtime.url}/live/live/x/frame.jpg`, { method: 'HEAD' })).status, 404)
})

test('where playback is not public, a token for this room is needed', async () => {
  const { core } = runtime.runtime
  await core.apps.create('shut', { config: { features: { publicPlayback: false } } })
  const { secret: key } = await createKey(runtime, 'den', 'shut')
  const camera = new Device(runtime.url, { app: 'shut', room: 'den', key })
  await camera.ready()
  camera.send(first)
  await runtime.until<{ camera: { framesReceived: number } }>(
    '{ camera(app: "shut", room: "den") { framesReceived } }',
    ({ camera }) => camera.framesReceived === 1,
  )
  const right = await core.tokens.create({ name: 'den', grants: ['PLAY'], app: 'shut', room: 'shut-den' })
  const wrong = await core.tokens.create({ name: 'attic', grants: ['PLAY'], app: 'shut', room: 'shut-attic' })
  for (const file of ['frame.jpg', 'mjpeg']) {
    const status = async (query: string) => {
      const response = await fetch(`${runtime.url}/live/shut/den/${file}${query}`)
      await response.body?.cancel()
      return response.status
    }
    assert.deepEqual(
      [await status(''), await status('?token=nonsense'), await status(`?token=${wrong.secret}`), await status(`?token=${right.secret}`)],
      [401, 401, 401, 200],
      file,
    )
  }
  const socket = await watch(runtime, { app: 'shut', room: 'den' })
  const [said] = (await once(socket, 'message')) as [Buffer]
  assert.deepEqual(JSON.parse(String(said)), { type: 'error', code: '4401', message: 'playback_unauthorized' })
  assert.equal((await once(socket, 'close'))[0], 4401)
  const welcome = await watch(runtime, { app: 'shut', room: 'den', token: right.secret })
  assert.deepEqual((await once(welcome, 'message'))[0], first)
  welcome.terminate()
  camera.socket.terminate()
  const open = await fetch(`${runtime.url}/live/live/x/mjpeg?token=nonsense`)
  assert.equal(open.status, 200, 'where everybody may watch, a bad token does no harm')
  await open.body?.cancel()
})

test('a viewer who stops reading holds nobody up, and one frame waits for it at most', async () => {
  await runtime.runtime.core.apps.update('live', { features: { wsIngest: { maxFps: 60 } } })
  const { secret } = await createKey(runtime, 'stall')
  using camera = await connect(runtime, 'stall', secret)
  const port = Number(new URL(runtime.url).port)
  const stalled = connectTcp({ port, host: '127.0.0.1' })
  stalled.write('GET /live/live/stall/mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(stalled, 'readable')
  const large = Buffer.concat([first, Buffer.alloc(250_000 - first.length, 7)])
  await using viewer = await MultipartReader.open(`${runtime.url}/live/live/stall/mjpeg`)
  for (let sent = 0; sent < 59; sent++) {
    camera.send(large)
    assert.equal((await viewer.next())?.length, large.length)
  }
  stalled.resume()
  let arrived = 0
  stalled.on('data', (bytes: Buffer) => {
    arrived += bytes.length
  })
  camera.send(second)
  await runtime.until('{ __typename }', () => arrived > 0)
  stalled.destroy()
})

test('a frame that a socket has not taken keeps one other waiting, the newest', async () => {
  const written: Buffer[] = []
  const done: (() => void)[] = []
  const socket = {
    destroyed: false,
    get writableLength() {
      return done.length > 0 ? 1 : 0
    },
    write: (bytes: Buffer, callback: () => void) => {
      written.push(bytes)
      done.push(callback)
    },
  }
  const response = { writeHead: () => {}, flushHeaders: () => {}, chunkedEncoding: false }
  const viewer = new MultipartViewer(response as never, socket as never)
  const [a, b, c] = [first, second, frames[2]!].map((jpeg) => new Frame(jpeg, 0)) as [Frame, Frame, Frame]
  for (const frame of [a, b, c]) viewer.send(frame)
  assert.deepEqual(written, [a.part])
  done.shift()?.()
  assert.deepEqual(written, [a.part, c.part])
  done.shift()?.()
  assert.equal(done.length, 0)
})
