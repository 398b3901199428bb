import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { TestRuntime } from '../../test/harness.ts'
import { connect, createKey, Device, pictures, startServer } from './test-devices.ts'

const [jpeg = Buffer.alloc(0)] = pictures(1)
const OPTIONS = { handshakesPerMinute: 1_000 }

let runtime: TestRuntime
before(async () => {
  runtime = await startServer(OPTIONS)
})
after(() => runtime?.[Symbol.asyncDispose]())

const update = (features: string, app = 'live') =>
  runtime.runtime.core.apps.update(app, { features: { wsIngest: JSON.parse(features) as Record<string, unknown> } })

async function refused(query: Record<string, string>, headers: Record<string, string> = {}) {
  using device = new Device(runtime.url, query, { headers })
  const { code, reason, told } = await device.ended
  return { code, reason, told }
}
const refusal = (code: number, reason: string) => ({ code, reason, told: { type: 'error', code: String(code), message: reason } })

test('who may not be a camera is told why, in the documented order', async () => {
  const { secret } = await createKey(runtime, 'gate')
  assert.deepEqual(await refused({ app: '../etc', room: '', key: 'x' }), refusal(4401, 'invalid_app'))
  assert.deepEqual(await refused({ app: 'nowhere', room: 'a b', key: 'x' }), refusal(4401, 'invalid_room'))
  assert.deepEqual(await refused({ app: 'nowhere', room: 'r'.repeat(65), key: secret }), refusal(4401, 'invalid_room'))
  assert.deepEqual(await refused({ app: 'nowhere', room: 'gate' }), refusal(4401, 'invalid_key'))
  assert.deepEqual(await refused({ app: 'nowhere', room: 'gate', key: 'sk_what' }), refusal(4401, 'invalid_key'))
  assert.deepEqual(await refused({ app: 'nowhere', room: 'gate', key: secret }), refusal(4401, 'unknown_app'))
  assert.deepEqual(await refused({ app: 'live', room: 'other', key: `wsk_${'x'.repeat(32)}` }), refusal(4401, 'invalid_key'))
  assert.deepEqual(await refused({ app: 'default', room: 'gate', key: secret }), refusal(4401, 'invalid_key'))
  assert.deepEqual(await refused({ app: 'live', room: 'other', key: secret }), refusal(4401, 'room_mismatch'))
  assert.deepEqual(
    await refused({ app: 'live', room: 'gate', key: secret }, { authorization: 'Bearer wsk_no' }),
    refusal(4401, 'invalid_key'),
  )

  await update('{"enabled":false}')
  assert.deepEqual(await refused({ app: 'live', room: 'other', key: secret }), refusal(4403, 'ws_ingest_disabled'))
  await update('{"enabled":true}')
})

test('a camera is told what it may do, and is a participant until it goes', async () => {
  const { secret } = await createKey(runtime, 'hall')
  using device = new Device(runtime.url, { app: 'live', room: 'live-hall' }, { headers: { authorization: `bearer ${secret}` } })
  assert.deepEqual(await device.ready(), {
    type: 'ready',
    room: 'live-hall',
    streamId: 'live-hall/hall',
    maxFps: 15,
    maxFrameBytes: 262_144,
    idleTimeoutSec: 30,
  })
  device.send(jpeg)
  device.send(JSON.stringify({ type: 'stats', rssi: -61, heap: 120_000 }))
  const ask = '{ room(name: "live-hall") { participants { kind identity publishing camera { framesReceived deviceStats shown } } } }'
  type Answer = { room: { participants: { camera: { deviceStats: unknown; framesReceived: number; shown: boolean } | null }[] } | null }
  const { room } = await runtime.until<Answer>(ask, (data) => data.room?.participants[0]?.camera?.deviceStats != null)
  assert.deepEqual(room?.participants, [
    {
      kind: 'WS_MJPEG',
      identity: 'hall',
      publishing: true,
      camera: { framesReceived: 1, deviceStats: { rssi: -61, heap: 120_000 }, shown: true },
    },
  ])
  await device.close()
  await runtime.until<Answer>(ask, (data) => data.room?.participants.length === 0)
})

test('frames that were sent before the answer are not lost', async () => {
  const { secret } = await createKey(runtime, 'early')
  using device = new Device(runtime.url, { app: 'live', room: 'early', key: secret })
  await once(device.socket, 'open')
  device.send(jpeg)
  await runtime.until<{ camera: { framesReceived: number } | null }>(
    '{ camera(app: "live", room: "early") { framesReceived } }',
    ({ camera }) => camera?.framesReceived === 1,
  )
})

test('the newest connection of a key wins, and the participant stays', async () => {
  const { secret } = await createKey(runtime, 'twice')
  const left: string[] = []
  runtime.runtime.core.events.on('participant.left', ({ room }) => left.push(room.name))
  using first = await connect(runtime, 'twice', secret)
  using second = await connect(runtime, 'twice', secret)
  assert.deepEqual(await first.ended, {
    code: 4409,
    reason: 'replaced by new connection',
    told: { type: 'error', code: '4409', message: 'replaced by new connection' },
  })
  second.send(jpeg)
  await runtime.until<{ camera: { framesReceived: number } }>(
    '{ camera(app: "live", room: "twice") { framesReceived } }',
    ({ camera }) => camera.framesReceived === 1,
  )
  assert.deepEqual(left, [])
  await second.close()
})

test('two keys of a room are two cameras', async () => {
  const [one, two] = [await createKey(runtime, 'pair'), await createKey(runtime, 'pair')]
  using first = await connect(runtime, 'pair', one.secret)
  using second = await connect(runtime, 'pair', two.secret)
  using third = await connect(runtime, 'pair', (await createKey(runtime, 'pair')).secret, 'door')
  const ids = [(await first.ready()).streamId, (await second.ready()).streamId, (await third.ready()).streamId]
  assert.deepEqual(ids, ['live-pair/pair', `live-pair/pair-${two.id.slice(-6)}`, 'live-pair/door'])
})

test('what a camera sends has limits', async () => {
  const { secret } = await createKey(runtime, 'limits')
  {
    using device = await connect(runtime, 'limits', secret)
    device.send(Buffer.concat([jpeg, Buffer.alloc(262_145 - jpeg.length)]))
    assert.deepEqual(await device.ended, {
      code: 4413,
      reason: 'frame_too_large',
      told: { type: 'error', code: 'frame_too_large', message: 'frame_too_large' },
    })
  }
  {
    using device = await connect(runtime, 'limits', secret)
    for (let sent = 0; sent < 4; sent++) device.send(Buffer.from('not a picture'))
    device.send(jpeg)
    for (let sent = 0; sent < 5; sent++) device.send(Buffer.from([0xff, 0xd8, 0xff]))
    assert.deepEqual(await device.ended, {
      code: 1003,
      reason: 'invalid_frames',
      told: { type: 'error', code: 'invalid_frames', message: 'invalid_frames' },
    })
  }
  {
    using device = await connect(runtime, 'limits', secret)
    device.send(Buffer.alloc((8 << 20) + 1))
    assert.equal((await device.ended).code, 1009)
  }
  {
    using device = new Device(runtime.url, { app: 'live', room: 'limits', key: secret })
    await once(device.socket, 'open')
    device.send(Buffer.alloc((8 << 20) + 1))
    assert.equal((await device.ended).code, 1009)
  }
  using device = await connect(runtime, 'limits', secret)
  for (let sent = 0; sent < 40; sent++) device.send(jpeg)
  for (const text of ['what', '[]', '{"type":"hello"}', '{"type":"stats"', 'null', '{"type":"stats","heap":1}']) device.send(text)
  const { camera } = await runtime.until<{ camera: { framesReceived: number; framesDropped: number; deviceStats: unknown } | null }>(
    '{ camera(app: "live", room: "limits") { framesReceived framesDropped deviceStats } }',
    (data) => data.camera?.deviceStats != null,
  )
  assert.ok(camera!.framesReceived >= 15 && camera!.framesReceived <= 17, `${camera!.framesReceived} of 40 were taken`)
  assert.equal(camera!.framesReceived + camera!.framesDropped, 40)
})

test('an app has room for so many cameras, and for one that comes back', async () => {
  await runtime.runtime.core.apps.create('few')
  await update('{"maxCameras":1}', 'few')
  const keys = [await createKey(runtime, 'one', 'few'), await createKey(runtime, 'two', 'few')]
  const connectTo = (room: string, key: string) => new Device(runtime.url, { app: 'few', room, key })
  using first = connectTo('one', keys[0]!.secret)
  await first.ready()
  assert.deepEqual(await refused({ app: 'few', room: 'two', key: keys[1]!.secret }), refusal(4403, 'max_cameras'))
  using again = connectTo('one', keys[0]!.secret)
  await again.ready()
  assert.equal((await first.ended).code, 4409)
  await again.close()
  using other = connectTo('two', keys[1]!.secret)
  await other.ready()
})

test('a tenant has as many streams as its plan says, cameras among them', async () => {
  const { core } = runtime.runtime
  await core.tenants.create('small', { maxConcurrentStreams: 1 })
  await core.apps.create('rented', { tenant: 'small' })
  const keys = [await createKey(runtime, 'one', 'rented'), await createKey(runtime, 'two', 'rented')]
  using first = new Device(runtime.url, { app: 'rented', room: 'one', key: keys[0]!.secret })
  await first.ready()
  assert.deepEqual(await refused({ app: 'rented', room: 'two', key: keys[1]!.secret }), refusal(4403, 'quota_exceeded'))
  using again = new Device(runtime.url, { app: 'rented', room: 'one', key: keys[0]!.secret })
  await again.ready()
})

test('a camera goes when its key, its participant or its app does', async () => {
  await runtime.runtime.core.apps.create('brief')
  const { id, secret } = await createKey(runtime, 'one', 'brief')
  {
    using device = new Device(runtime.url, { app: 'brief', room: 'one', key: secret })
    await device.ready()
    await runtime.graphql('mutation ($id: ID!) { deleteCameraKey(app: "brief", id: $id) { id } }', { id })
    const { code, reason } = await device.ended
    assert.deepEqual([code, reason], [4401, 'revoked'])
    assert.deepEqual(await refused({ app: 'brief', room: 'one', key: secret }), refusal(4401, 'invalid_key'))
  }
  const next = await createKey(runtime, 'one', 'brief')
  {
    using device = new Device(runtime.url, { app: 'brief', room: 'one', key: next.secret })
    await device.ready()
    runtime.runtime.core.rooms.get('brief-one').find('one')?.leave('REQUESTED')
    const { code, reason } = await device.ended
    assert.deepEqual([code, reason], [4401, 'stopped'])
  }
  using device = new Device(runtime.url, { app: 'brief', room: 'one', key: next.secret })
  await device.ready()
  await runtime.runtime.core.apps.delete('brief', { recordings: false })
  assert.equal((await device.ended).code, 4401)
  await runtime.runtime.core.apps.create('brief')
  assert.deepEqual(await refused({ app: 'brief', room: 'one', key: next.secret }), refusal(4401, 'invalid_key'))
})

test('a camera that sends nothing, or is not there any more, is disconnected', async () => {
  await using quick = await startServer({ idleTimeoutMs: 1_500, pingIntervalMs: 200 })
  const { secret } = await createKey(quick, 'idle')
  using silent = await connect(quick, 'idle', secret)
  assert.deepEqual(await silent.ended, {
    code: 4408,
    reason: 'idle_timeout',
    told: { type: 'error', code: 'idle_timeout', message: 'idle_timeout' },
  })

  using device = new Device(quick.url, { app: 'live', room: 'idle', key: secret }, { autoPong: false })
  await device.ready()
  device.play([jpeg], 10)
  assert.equal((await device.ended).code, 1006)
  await quick.until<{ camera: unknown }>('{ camera(app: "live", room: "idle") { identity } }', ({ camera }) => camera === null)
})

test('an address that knocks too often has to wait', async () => {
  await using strict = await startServer({ handshakesPerMinute: 3 })
  const ends: number[] = []
  for (let knocks = 0; knocks < 4; knocks++) {
    using device = new Device(strict.url, { app: 'live', room: 'x' })
    ends.push((await device.ended).code)
  }
  assert.deepEqual(ends, [4401, 4401, 4401, 4429])
})

test('keys are kept as hashes, by app, and survive a restart of the plugin', async () => {
  const { id, secret } = await createKey(runtime, 'kept', 'live', 'cam-7')
  const { cameraKeys } = await runtime.graphql<{ cameraKeys: Record<string, unknown>[] }>(
    '{ cameraKeys(app: "live") { id room identity keyHint camera { identity } } }',
  )
  assert.deepEqual(cameraKeys[0], { id, room: 'live-kept', identity: 'cam-7', keyHint: secret.slice(0, 8), camera: null })
  await runtime.graphql('mutation { restartPlugin(name: "ws-mjpeg") { name } }')
  await runtime.until<{ plugin: { state: string } }>('{ plugin(name: "ws-mjpeg") { state } }', ({ plugin }) => plugin.state === 'RUNNING')
  using device = await connect(runtime, 'kept', secret)
  assert.equal((await device.ready()).streamId, 'live-kept/cam-7')
  assert.ok(!runtime.log.some((line) => line.includes(secret)), 'no key is logged')
})

test('keys are for those who may', async () => {
  const { secret: token } = await runtime.runtime.core.tokens.create({ name: 'viewer', grants: ['OBSERVE'] })
  const read = await runtime.graphqlRaw('{ cameraKeys(app: "live") { id } }', {}, token)
  assert.equal(read.errors, undefined)
  const made = await runtime.graphqlRaw('mutation { createCameraKey(app: "live", room: "x") { secret } }', {}, token)
  assert.equal(made.errors?.[0]?.extensions?.code, 'FORBIDDEN')
  const named = await runtime.graphqlRaw('mutation { createCameraKey(app: "live", room: "a b") { secret } }')
  assert.equal(named.errors?.[0]?.extensions?.code, 'INPUT_INVALID')
})
