import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SYSTEM } from '../core/access/caller.ts'
import { CallbackReceiver, type ReceivedCallback } from './callback-receiver.ts'
import { TestRuntime, type TestRuntimeOptions } from './harness.ts'
import { fixture } from './plugin-support.ts'
import { offer } from './whip-support.ts'

const storyteller = { ...fixture('storyteller'), from: './test/fixtures/plugins/storyteller.ts' }
const ALLOWED = { ALLOW_PRIVATE_ADDRESSES: '127.0.0.0/8' }

/** A server whose app `live` has a receiver. */
async function serverFor(receiver: CallbackReceiver, { env = ALLOWED, ...options }: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const server = await TestRuntime.start({ env, ...options })
  await server.runtime.core.apps.update('live', { callbacks: { url: receiver.url } })
  return server
}

/** Somebody publishes in a room of `live` and leaves again. */
async function publishOnce({ runtime }: TestRuntime, kind = 'WS_MJPEG'): Promise<void> {
  const room = await runtime.core.rooms.open('live-yard')
  room.join({ identity: 'cam1', name: 'Camera', kind, publishing: true }).leave('LEFT')
}

const dataOf = (received: readonly ReceivedCallback[], event: string) => received.find(({ json }) => json.event === event)?.json.data

test('what happens in a room is told as it happens, what a stream is before what it is made of', async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await serverFor(receiver)
  await publishOnce(server)
  const received = await receiver.received(5)
  assert.deepEqual(receiver.events, ['room_started', 'stream_started', 'participant_joined', 'stream_ended', 'participant_left'])
  const stream = { streamId: 'live-yard/cam1', room: 'live-yard', type: 'ws-mjpeg', participant: 'cam1' }
  assert.deepEqual(dataOf(received, 'stream_started'), stream)
  assert.deepEqual(dataOf(received, 'stream_ended'), stream)
  const { eventId, createdAt, participant, ...rest } = dataOf(received, 'participant_joined') ?? {}
  assert.match(String(eventId), /^EV_/)
  assert.ok(Math.abs(Number(createdAt) - Date.now() / 1_000) < 60)
  const { sid, ...who } = participant as Record<string, unknown>
  assert.match(String(sid), /^PA_/)
  assert.deepEqual([rest, who], [{ room: 'live-yard' }, { identity: 'cam1', name: 'Camera', hidden: false }])
  for (const { json } of received) {
    assert.deepEqual([json.app, json.room, json.timestamp], ['live', 'live-yard', json.ts])
    assert.match(json.ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.match(json.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

test('another app, and an app without a receiver, are told nothing of it', async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await serverFor(receiver)
  const { core } = server.runtime
  await core.rooms.open('elsewhere')
  await core.apps.update('live', { callbacks: { url: '' } })
  await publishOnce(server)
  assert.deepEqual(await server.graphql('{ callbackDeliveries(app: "live") { event } }'), { callbackDeliveries: [] })
  assert.equal(receiver.callbacks.length, 0)
})

test('plugins tell events of their own, and the plugins that an app chose tell when they work', async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await serverFor(receiver, { plugins: [storyteller] })
  await server.graphql('mutation { setAppPlugin(app: "live", plugin: "storyteller", enabled: true) { enabled } }')
  const [started] = await receiver.received(1)
  assert.deepEqual([started?.json.event, started?.json.data], ['plugin_worker_started', { plugin: 'storyteller', pid: process.pid }])
  await publishOnce(server)
  const told = () => dataOf(receiver.callbacks, 'recording_started')
  for (let count = 2; !told(); count++) await receiver.received(count)
  assert.deepEqual(told(), { vodId: 12, app: 'live', room: 'live-yard' })
  assert.match(server.log.join(''), /can not be used.*Not An Event|Not An Event.*can not be used/)
  const before = receiver.callbacks.length
  await server.graphql('mutation { setAppPlugin(app: "live", plugin: "storyteller", enabled: false) { enabled } }')
  await receiver.received(before + 1)
  assert.ok(receiver.events.includes('plugin_worker_stopped'))
})

test('what could not be told before the server stopped is told when it starts again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-callbacks-'))
  const env = { ...ALLOWED, DATA_DIR: dataDir }
  let port: number
  {
    await using receiver = await CallbackReceiver.start(() => 'HANG')
    port = receiver.port
    await using server = await serverFor(receiver, { env })
    const room = await server.runtime.core.rooms.open('live-yard')
    room.join({ identity: 'cam1', kind: 'WS_MJPEG', publishing: true })
    await receiver.received(1)
  }
  await using receiver = await CallbackReceiver.start(() => 200, port)
  await using _server = await TestRuntime.start({ env })
  await receiver.received(6)
  const events = ['room_started', 'stream_started', 'participant_joined', 'stream_ended', 'participant_left', 'room_finished']
  assert.deepEqual(receiver.events, events)
  await rm(dataDir, { recursive: true, force: true })
})

test('the API shows deliveries as they go, tells one again, and tests a receiver', async () => {
  await using receiver = await CallbackReceiver.start((_callback, index) => (index === 0 ? 404 : 200))
  await using server = await serverFor(receiver)
  const live = server.subscribe<{ callbackEvents: { id: string; state: string; attempts: number } }>(
    'subscription { callbackEvents(app: "live") { id state attempts } }',
  )
  const { testCallback } = await server.graphql<{ testCallback: { id: string; state: string } }>(
    'mutation { testCallback(app: "live") { id state } }',
  )
  assert.equal(testCallback.state, 'PENDING')
  const reach = async (wanted: string) => {
    for (;;) {
      const { value } = await live.next()
      if (value.callbackEvents.state === wanted) return value.callbackEvents
    }
  }
  assert.deepEqual(await reach('FAILED'), { id: testCallback.id, state: 'FAILED', attempts: 1 })
  const shown = await server.graphql(
    '{ app(name: "live") { callbacks { pending dropped deliveries { id event room state attempts status error nextAttemptAt } } } }',
  )
  const delivery = { id: testCallback.id, event: 'callback_test', room: null, state: 'FAILED', attempts: 1, status: 404 }
  assert.deepEqual(shown, {
    app: { callbacks: { pending: 0, dropped: 0, deliveries: [{ ...delivery, error: 'HTTP 404', nextAttemptAt: null }] } },
  })
  await server.graphql('mutation ($id: ID!) { redeliverCallback(app: "live", id: $id) { id } }', { id: testCallback.id })
  assert.equal((await reach('DELIVERED')).id, testCallback.id)
  await live.return(undefined)
  const { errors } = await server.graphqlRaw('mutation { redeliverCallback(app: "live", id: "nothing") { id } }')
  assert.equal(errors?.[0]?.extensions?.code, 'NOT_FOUND')
  const { errors: refused } = await server.graphqlRaw('mutation { testCallback(app: "default") { id } }')
  assert.equal(refused?.[0]?.extensions?.code, 'CONFLICT')
})

test("without the operator's word nothing private is reached", async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await TestRuntime.start()
  // As a file that an operator edited by hand would have it.
  server.runtime.core.apps.get('live').config.callbacks.url = receiver.url
  await server.graphql('mutation { testCallback(app: "live") { id } }')
  const { callbackDeliveries } = await server.until<{ callbackDeliveries: { state: string; error: string }[] }>(
    '{ callbackDeliveries(app: "live") { state error } }',
    ({ callbackDeliveries: [first] }) => first?.state === 'FAILED',
  )
  assert.match(callbackDeliveries[0]?.error ?? '', /private network/)
  assert.equal(receiver.callbacks.length, 0)
})

test('an encoder that comes by an ingress is a stream first, then an ingress, then tracks', async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await serverFor(receiver)
  const { ingresses, sessions } = server.runtime.core
  const { ingress, streamKey: key } = await ingresses.create({ protocol: 'WHIP', app: 'live', room: 'yard', identity: 'obs' })
  assert.ok(key !== undefined)
  const { session } = await sessions.publish({ protocol: 'WHIP', app: 'live', key, caller: SYSTEM, offer: await offer('chromium-publish') })
  session.close('LEFT')
  const received = await receiver.received(11)
  // It ends with the last of its tracks.
  const stop = ['track_unpublished', 'stream_ended', 'ingress_ended', 'track_unpublished', 'participant_left']
  assert.deepEqual(receiver.events, [
    'room_started',
    'participant_joined',
    'stream_started',
    'ingress_started',
    'track_published',
    'track_published',
    ...stop,
  ])
  const stream = { streamId: 'live-yard/obs', room: 'live-yard', type: 'whip', participant: 'obs', ingressId: ingress.id }
  assert.deepEqual(dataOf(received, 'stream_started'), stream)
  assert.deepEqual(dataOf(received, 'stream_ended'), stream)
  const { ingress: told } = dataOf(received, 'ingress_started') ?? {}
  assert.deepEqual(told, { ingressId: ingress.id, inputType: 'WHIP_INPUT', roomName: 'live-yard' })
  const tracks = received.filter(({ json }) => json.event === 'track_published').map(({ json }) => json.data.track as { type: string })
  assert.deepEqual(tracks.map(({ type }) => type).sort(), ['AUDIO', 'VIDEO'])
  assert.partialDeepStrictEqual(tracks[0], { muted: false })
})

test('what is said in a room is told, and whoever is hidden is said to be', async () => {
  await using receiver = await CallbackReceiver.start()
  await using server = await serverFor(receiver)
  const { apps, rooms, roomData } = server.runtime.core
  const app = await apps.update('live', { features: { chat: true, reactions: true } })
  const room = await rooms.open('live-yard')
  room.join({ identity: 'inspector', kind: 'WEBRTC', hidden: true })
  const place = { app, room: 'live-yard', stream: 'live-yard/cam1' }
  await roomData.send(place, { topic: 'chat', from: 'Ada', message: 'hello' })
  await roomData.send(place, { topic: 'reaction', from: 'Ada', reaction: '❤' })
  const received = await receiver.received(4)
  assert.partialDeepStrictEqual(dataOf(received, 'participant_joined'), { participant: { identity: 'inspector', hidden: true } })
  const { ts, ...chat } = dataOf(received, 'chat_message') ?? {}
  assert.match(String(ts), /Z$/)
  const said = { room: 'live-yard', streamId: 'live-yard/cam1', from: 'Ada' }
  assert.deepEqual(chat, { ...said, topic: 'chat', message: 'hello' })
  assert.partialDeepStrictEqual(dataOf(received, 'reaction'), { ...said, topic: 'reaction', reaction: '❤' })
})
