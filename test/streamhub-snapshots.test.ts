import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type pull from '../plugins/pull/plugin.ts'
import { TestCamera } from '../plugins/pull/test-rtsp-server.ts'
import type rtmp from '../plugins/rtmp/plugin.ts'
import { Ffmpeg } from '../plugins/rtmp/test-encoders.ts'
import type snapshot from '../plugins/snapshot/plugin.ts'
import type wsMjpeg from '../plugins/ws-mjpeg/plugin.ts'
import { Device, pictures } from '../plugins/ws-mjpeg/test-devices.ts'
import { Hub, type HubAnswer } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start({
    plugins: [
      use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0 }),
      use<typeof pull>('./plugins/pull/plugin.ts'),
      use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts'),
      use<typeof snapshot>('./plugins/snapshot/plugin.ts'),
    ],
    env: { ALLOW_PRIVATE_ADDRESSES: 'true' },
  })
})
after(() => hub?.[Symbol.asyncDispose]())

const take = (body: unknown): Promise<HubAnswer> => hub.call('POST /apps/live/snapshots', { body })

/** Waits for a room's video track. */
function untilVideo(room: string, gopFrames = 0): Promise<unknown> {
  type Rooms = { rooms: { name: string; tracks: { kind: string; stats: { packetsReceived: number } }[] }[] }
  return hub.server.until<Rooms>('{ rooms { name tracks { kind stats { packetsReceived } } } }', ({ rooms }) =>
    (rooms.find(({ name }) => name === `live-${room}`)?.tracks ?? []).some(
      ({ kind, stats }) => kind === 'VIDEO' && stats.packetsReceived > gopFrames,
    ),
  )
}

async function rtmpUrl(): Promise<string> {
  const { rtmpServer } = await hub.server.until<{ rtmpServer: { port: number } | null }>(
    '{ rtmpServer { port } }',
    (data) => data.rtmpServer !== null,
  )
  return `rtmp://127.0.0.1:${rtmpServer?.port}/live`
}

/** Width and height, as another decoder sees them. */
function sizeOf(jpeg: Buffer): string {
  const args = '-v error -f image2pipe -i - -show_entries stream=width,height -of csv=p=0'
  return execFileSync('ffprobe', args.split(' '), { input: jpeg }).toString().trim()
}

test('what passes through with a GOP of ten seconds has its present picture within a second, and nothing is transcoded for it', {
  timeout: 40_000,
}, async () => {
  await using _encoder = new Ffmpeg(`${await rtmpUrl()}/yard`, { gopMs: 10_000 })
  await untilVideo('yard', 150)
  const from = performance.now()
  const first = await take({ room: 'yard' })
  const tookMs = performance.now() - from
  assert.equal(first.status, 201, first.text)
  assert.deepEqual(Object.keys(first.body), ['data'])
  assert.match(first.body.data.key, /^streamhub\/live\/snapshots\/live-yard-\d{8}T\d{9}Z-[\w-]{22}\.jpg$/)
  assert.ok(first.body.data.url.startsWith(`${hub.server.url}/snapshots/live/live-yard-`), first.body.data.url)
  assert.ok(tookMs < 1_500, `it took ${Math.round(tookMs)} ms`)

  const response = await fetch(first.body.data.url)
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/jpeg'])
  const jpeg = Buffer.from(await response.arrayBuffer())
  assert.equal(sizeOf(jpeg), '640,360')

  const second = await take({ room: 'live-yard', participantIdentity: 'publisher' })
  const later = Buffer.from(await (await fetch(second.body.data.url)).arrayBuffer())
  assert.notDeepEqual(later, jpeg, 'it is the present picture and not the keyframe')
  const { tasks } = await hub.server.graphql<{ tasks: { name: string }[] }>('{ tasks { name } }')
  assert.deepEqual(
    tasks.filter(({ name }) => /bridge/.test(name)),
    [],
  )
})

test('a camera that is pulled has a picture, from what the pull keeps', { timeout: 40_000 }, async () => {
  await using camera = await TestCamera.start({ video: '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -g 90', audio: '' })
  await hub.call('POST /apps/live/ingress', { body: { inputType: 'url', room: 'pulled', url: camera.url } })
  await untilVideo('pulled', 30)
  const taken = await take({ room: 'pulled' })
  assert.equal(taken.status, 201, taken.text)
  assert.equal(sizeOf(Buffer.from(await (await fetch(taken.body.data.url)).arrayBuffer())), '320,180')
})

test('a WebSocket camera has its last frame', { timeout: 40_000 }, async () => {
  const made = await hub.call('POST /apps/live/ws-ingest', { body: { room: 'cam' } })
  using device = new Device(
    hub.server.url,
    { app: 'live', room: 'live-cam' },
    { headers: { authorization: `Bearer ${made.body.data.streamKey}` } },
  )
  await device.ready()
  const empty = await take({ room: 'cam' })
  assert.deepEqual([empty.status, empty.body.statusCode], [503, 503], empty.text)

  const [picture] = pictures(1)
  device.send(picture!)
  await hub.server.until('{ apps { name } }', () => true)
  let taken = await take({ room: 'cam' })
  while (taken.status === 503) taken = await take({ room: 'cam' })
  assert.equal(taken.status, 201, taken.text)
  assert.deepEqual(Buffer.from(await (await fetch(taken.body.data.url)).arrayBuffer()), picture)
})

test('what is wrong is said', async () => {
  for (const [body, status, message] of [
    [{}, 400, /room/],
    [{ room: '' }, 400, /room/],
    [{ room: 'x'.repeat(257) }, 400, /room/],
    [{ room: 'nobody' }, 404, /room/],
  ] as const) {
    const answer = await take(body)
    assert.equal(answer.status, status, answer.text)
    assert.match(JSON.stringify(answer.body.message), message)
  }
  assert.equal((await hub.call('POST /apps/nowhere/snapshots', { body: { room: 'a' } })).status, 404)
  assert.equal((await hub.call('POST /apps/live/snapshots', { token: null, body: { room: 'a' } })).status, 401)
  for (const file of ['..%2fconfig.yaml', 'config.yaml', 'live-yard.jpg', `live-20260101T000000000Z-${'a'.repeat(22)}.jpg`]) {
    assert.equal((await fetch(`${hub.server.url}/snapshots/live/${file}`)).status, 404, file)
  }
})

test('with a bucket the picture is there and not here', { timeout: 40_000 }, async () => {
  const stored = new Map<string, Buffer>()
  const bucket = createServer(async (request, response) => {
    if (request.method === 'PUT') stored.set(new URL(request.url ?? '', 'http://s3').pathname, await buffer(request))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(bucket, 'listening')
  const endpoint = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`
  try {
    await using _encoder = new Ffmpeg(`${await rtmpUrl()}/stored`)
    await untilVideo('stored', 30)
    const set = { provider: 'minio', endpoint, bucket: 'pictures', forcePathStyle: true, key: 'AKIA', secret: 'very secret' }
    assert.equal((await hub.call('PUT /apps/live/s3', { body: set })).status, 200)
    const folder = join(hub.server.runtime.core.apps.get('live').folder, 'snapshots')
    const before = readdirSync(folder).length
    const { status, body, text } = await take({ room: 'stored' })
    assert.equal(status, 201, text)
    assert.match(body.data.url, /^http:\/\/127\.0\.0\.1:\d+\/pictures\/streamhub\/live\/snapshots\/live-stored-.*X-Amz-Signature=/)
    assert.ok(!text.includes('very secret'))
    assert.deepEqual([...stored.keys()], [`/pictures/${body.data.key}`])
    assert.equal(readdirSync(folder).length, before)

    bucket.close()
    bucket.closeAllConnections()
    assert.equal((await take({ room: 'stored' })).status, 503)
  } finally {
    bucket.close()
    await hub.call('PUT /apps/live/s3', { body: { bucket: '' } })
  }
})
