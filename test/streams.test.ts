import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { CloseReason } from '../core/room/close-reason.ts'
import type { Participant } from '../core/room/participant.ts'
import type { Stream } from '../core/stream/stream.ts'
import { TestRuntime } from './harness.ts'
import { joined, opus, PRODUCE, TestCaller } from './signalling-support.ts'

let server: TestRuntime
let host: TestCaller
before(async () => {
  server = await TestRuntime.start()
  host = new TestCaller(server)
})
after(() => server[Symbol.asyncDispose]())

type Row = {
  number: number
  name: string
  kind: string
  status: string
  startedAt: string
  endedAt: string | null
  viewers: number | null
  stats: Record<string, unknown>
  participant: { id: string } | null
}
const FIELDS = 'number name kind room identity status startedAt endedAt viewers stats participant { id }'
const STREAM = `query ($app: String = "live", $id: String!) { stream(app: $app, id: $id) { ${FIELDS} } }`
const STREAMS = `query ($app: String = "live") { streams(app: $app) { ${FIELDS} } }`
const STOP = 'mutation ($id: String!) { stopStream(app: "live", id: $id, withIngress: true) { status } }'

/** A camera that publishes pictures and no track. */
async function camera(room: string, identity: string, more: { hidden?: boolean } = {}): Promise<Participant> {
  const open = await server.runtime.core.rooms.open(room)
  return open.join({ identity, kind: 'WS_MJPEG', publishing: true, ...more })
}

test('a publisher is one stream however many tracks it has, which ends with the last one', async () => {
  const { core } = server.runtime
  const told: string[] = []
  core.events.on('stream.started', ({ name }: Stream) => void told.push(`started ${name}`))
  core.events.on('stream.ended', ({ name }: Stream, reason: CloseReason) => void told.push(`ended ${name} ${reason}`))
  const { transportId, participantId } = await joined(host, 'live-two', 'ada')
  assert.deepEqual(await host.run(STREAMS), [])
  const produced: { track: { id: string } }[] = []
  for (const mid of ['0', '1']) {
    const rtpParameters = opus(1_000 + Number(mid), mid)
    produced.push(await host.run(PRODUCE, { transportId, kind: 'audio', rtpParameters }))
  }
  const [stream] = await host.run<Row[]>(STREAMS)
  assert.deepEqual(
    { ...stream!, number: 0, startedAt: '' },
    {
      number: 0,
      name: 'live-two/ada',
      kind: 'WEBRTC',
      room: 'live-two',
      identity: 'ada',
      status: 'ACTIVE',
      startedAt: '',
      endedAt: null,
      viewers: 0,
      stats: { live: true, participants: 1, publishers: 1, viewers: 0 },
      participant: { id: participantId },
    },
  )
  core.rooms.track(produced[0]!.track.id).close('REQUESTED')
  assert.equal((await host.run<Row[]>(STREAMS)).length, 1)
  core.rooms.track(produced[1]!.track.id).close('REQUESTED')
  assert.deepEqual(await host.run(STREAMS), [])
  const ended = await host.run<Row>(STREAM, { id: 'two/ada' })
  assert.deepEqual([ended.status, ended.participant, ended.number], ['ENDED', null, stream!.number])
  assert.deepEqual(told, ['started live-two/ada', 'ended live-two/ada REQUESTED'])

  const again = await host.run<{ track: { id: string } }>(PRODUCE, { transportId, kind: 'audio', rtpParameters: opus(1_009, '9') })
  const revived = await host.run<Row>(STREAM, { id: String(stream!.number) })
  assert.deepEqual([revived.status, revived.number, revived.endedAt], ['ACTIVE', stream!.number, null])
  assert.ok(revived.startedAt > stream!.startedAt)
  core.rooms.track(again.track.id).close('REQUESTED')
  core.rooms.get('live-two').close('REQUESTED')
})

test('whoever watches counts, by whatever way; a hidden publisher is no stream', async () => {
  const yard = await camera('live-yard', 'gate')
  await camera('live-yard', 'quality', { hidden: true })
  const { room } = yard
  for (let n = 0; n < 13; n++) room.join({ identity: `guest-${n}`, kind: 'WEBRTC' })
  const counted = async () => (await host.run<Row>(STREAM, { id: 'live-yard/gate' })).stats
  assert.deepEqual(await counted(), { live: true, participants: 15, publishers: 2, viewers: 13 })
  room.join({ identity: 'staff', kind: 'WEBRTC', hidden: true })
  room.join({ identity: 'viewer-1', kind: 'WEBRTC', hidden: true, audience: true })
  const viewer = room.admit({ kind: 'MJPEG' })
  room.admit({ kind: 'WHEP' })
  assert.deepEqual(await counted(), { live: true, participants: 19, publishers: 2, viewers: 16 })
  assert.equal((await host.run<Row[]>(STREAMS)).length, 1)

  server.runtime.core.streams.report(yard.id, { rssi: -60, live: false })
  viewer.close('LEFT')
  assert.deepEqual(await counted(), { rssi: -60, live: true, participants: 18, publishers: 2, viewers: 15 })
  yard.leave('LEFT')
  assert.deepEqual(await counted(), { rssi: -60, live: false, participants: 17, publishers: 1, viewers: 15 })
  room.close('REQUESTED')
})

test('stopping a stream makes its publisher leave, and closes the room with the last one', async () => {
  const { core } = server.runtime
  const [one, two] = [await camera('live-stop', 'one'), await camera('live-stop', 'two')]
  assert.deepEqual(await host.run(STOP, { id: 'live-stop/one' }), { status: 'ENDED' })
  assert.equal(one.left, true)
  assert.equal(two.room.closed, false)
  const { number } = await host.run<Row>(STREAM, { id: 'live-stop/two' })
  const closed = once(core.events, 'room.closed')
  assert.deepEqual(await host.run(STOP, { id: String(number) }), { status: 'ENDED' })
  await closed
  assert.equal(two.left, true)
  assert.deepEqual(await host.run(STOP, { id: 'live-stop/two' }), { status: 'ENDED' })
  for (const id of ['live-stop/three', '4711', 'nothing', '']) assert.equal(await host.refusal(STOP, { id }), 'STREAM_NOT_FOUND')
  assert.equal(await host.refusal(STREAM, { id: 'live-stop/one', app: 'default' }), 'STREAM_NOT_FOUND')
})

test('stopping a stream deletes the configured ingress that it came by, when asked to', async () => {
  const { core } = server.runtime
  const caller = { id: 'system', kind: 'SYSTEM' as const, grants: ['MANAGE' as const] }
  for (const withIngress of [false, true]) {
    const { ingress, streamKey } = await core.ingresses.create({ protocol: 'RTMP', app: 'live', room: 'fed', identity: 'encoder' })
    const { participant } = await core.ingresses.accept({ protocol: 'RTMP', app: 'live', key: streamKey, caller })
    const { media } = participant.room
    const transport = await media.main.createDirectTransport()
    const rtpParameters = {
      codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 }],
      encodings: [{ ssrc: 7 }],
    }
    const producer = await transport.produce({ kind: 'audio', rtpParameters })
    participant.publish({ kind: 'audio', codec: 'opus', producer })
    await core.streams.stop(core.apps.get('live'), 'fed/encoder', { withIngress })
    assert.equal(participant.left, true)
    assert.equal(
      core.ingresses.list().some(({ id }) => id === ingress.id),
      !withIngress,
    )
  }
})

test('who follows the streams of an app is told of the present ones, then of each change', async () => {
  const first = await camera('live-told', 'first')
  await camera('elsewhere', 'other')
  await using events = host.follow<{ change: string; stream: Row; reason: string | null }>(
    `subscription { streamEvents(app: "live") { change reason stream { ${FIELDS} } } }`,
  )
  const present = await events.next()
  assert.deepEqual([present?.change, present?.stream.name], ['PRESENT', 'live-told/first'])
  const second = await camera('live-told', 'second')
  const created = await events.next(({ change }) => change === 'CREATED')
  assert.equal(created?.stream.name, 'live-told/second')
  assert.ok(created.stream.number > present!.stream.number)
  first.room.admit({ kind: 'WHEP' })
  const changed = await events.next(({ change, stream }) => change === 'CHANGED' && stream.viewers === 1)
  assert.equal(changed?.stream.stats.publishers, 2)
  second.leave('DISCONNECTED')
  const ended = await events.next(({ change }) => change === 'DELETED')
  assert.deepEqual([ended?.stream.name, ended?.reason, ended?.stream.status], ['live-told/second', 'DISCONNECTED', 'ENDED'])
  first.room.close('REQUESTED')
})

test('an app without a viewer counter counts none, and what a publisher says has its bounds', async () => {
  const { core } = server.runtime
  const one = await camera('live-quiet', 'one')
  await core.apps.update('live', { features: { viewerCounter: false } })
  assert.equal((await host.run<Row>(STREAM, { id: 'quiet/one' })).viewers, null)
  await core.apps.update('live', { features: { viewerCounter: true } })
  assert.throws(() => core.streams.report(one.id, { much: 'x'.repeat(9_000) }), { code: 'INPUT_INVALID' })
  assert.throws(() => core.streams.report('PA_gone', {}), { code: 'PARTICIPANT_NOT_FOUND' })
  one.room.close('REQUESTED')
})

test('streams take the rights of streams, in the app of the caller', async () => {
  await camera('live-mine', 'one')
  const player = await TestCaller.create(server, ['PLAY'])
  const watcher = await TestCaller.create(server, ['OBSERVE'], { app: 'live' })
  const foreign = await TestCaller.create(server, ['MANAGE'], { app: 'default' })
  assert.equal(await player.refusal(STREAMS), 'FORBIDDEN')
  assert.equal(await foreign.refusal(STREAMS), 'FORBIDDEN')
  assert.equal(await foreign.refusal(STOP, { id: 'mine/one' }), 'FORBIDDEN')
  assert.equal((await watcher.run<Row[]>(STREAMS)).length, 1)
  assert.equal(await watcher.refusal(STOP, { id: 'mine/one' }), 'FORBIDDEN')
  assert.deepEqual(await host.run('{ app(name: "live") { streams { name } } }'), { streams: [{ name: 'live-mine/one' }] })
})

test('what the server left live when it stopped without a word has ended when it is back', async () => {
  const { core } = server.runtime
  const app = await core.apps.create('crashed')
  const left = await app.store()
  await left.run(
    "insert into streams (name, kind, room, identity, started_at) values ('crashed-a/x', 'RTMP', 'crashed-a', 'x', 1700000000000)",
  )
  const row = await host.run<Row>(STREAM, { app: 'crashed', id: 'a/x' })
  assert.deepEqual([row.status, row.number, row.viewers], ['ENDED', 1, 0])
  assert.ok(row.endedAt)
})

test('a deleted app takes its rooms and streams with it', async () => {
  const { core } = server.runtime
  await core.apps.create('gone')
  const last = await camera('gone-room', 'last')
  await core.apps.delete('gone', { recordings: true })
  assert.deepEqual([last.left, last.room.closed], [true, true])
  assert.equal(await host.refusal(STREAMS, { app: 'gone' }), 'APP_NOT_FOUND')
  await core.apps.create('gone')
  assert.deepEqual(await host.run(STREAMS, { app: 'gone' }), [])
})
