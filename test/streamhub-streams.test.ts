import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { Participant } from '../core/room/participant.ts'
import type { RoomMessage } from '../core/signalling/room-message.ts'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start()
})
after(() => hub[Symbol.asyncDispose]())

async function publisher(room: string, identity: string, kind = 'WS_MJPEG'): Promise<Participant> {
  const open = await hub.server.runtime.core.rooms.open(room)
  return open.join({ identity, kind, publishing: true })
}

type Row = { id: number; streamId: string; type: string; viewers?: number; lastStatsJson: string; startedAt: string }
const list = async () => (await hub.call('GET /apps/live/streams')).body as Row[]

test('the list is a bare array of what is live, the newest first', async () => {
  assert.deepEqual(await list(), [])
  const first = await publisher('live-demo', 'camera-1', 'WEBRTC')
  first.room.admit({ kind: 'WHEP' })
  for (const kind of ['RTMP', 'WHIP', 'URL', 'WS_MJPEG']) await publisher('live-more', kind.toLowerCase(), kind)
  const rows = await list()
  assert.deepEqual(
    rows.map(({ type, streamId }) => `${streamId} ${type}`),
    ['live-more/ws_mjpeg ws-mjpeg', 'live-more/url rtsp', 'live-more/whip whip', 'live-more/rtmp rtmp', 'live-demo/camera-1 webrtc'],
  )
  const { id, startedAt, ...row } = rows.at(-1)!
  assert.ok(Number.isInteger(id) && id > 0)
  assert.match(startedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(row, {
    appId: hub.server.runtime.core.apps.get('live').number,
    streamId: 'live-demo/camera-1',
    type: 'webrtc',
    room: 'live-demo',
    participant: 'camera-1',
    status: 'active',
    endedAt: null,
    lastStatsJson: '{"live":true,"participants":2,"publishers":1,"viewers":1}',
  })
  hub.server.runtime.core.rooms.get('live-more').close('REQUESTED')
})

test('one stream goes by its name with %2F or by its number, also when it has ended', async () => {
  const [row] = await list()
  for (const id of ['live-demo%2Fcamera-1', 'demo%2Fcamera-1', row!.id]) {
    const { status, body } = await hub.call(`GET /apps/live/streams/${id}`)
    assert.equal(status, 200)
    assert.deepEqual(body, { data: { ...row, viewers: 1 } })
  }
  await hub.server.runtime.core.apps.update('live', { features: { viewerCounter: false } })
  assert.equal('viewers' in (await hub.call(`GET /apps/live/streams/${row!.id}`)).body.data, false)
  await hub.server.runtime.core.apps.update('live', { features: { viewerCounter: true } })

  for (const id of ['live-demo%2Fnobody', 'nothing', '4711', '%2F']) {
    for (const method of ['GET', 'DELETE'] as const) {
      const { status, body } = await hub.call(`${method} /apps/live/streams/${id}`)
      assert.deepEqual([status, body.statusCode, body.error], [404, 404, 'Not Found'])
    }
  }
  assert.equal((await hub.call(`GET /apps/default/streams/${row!.id}`)).status, 404)
  assert.equal((await hub.call('GET /apps/nowhere/streams')).status, 404)
  assert.equal((await hub.call('GET /apps/live/streams', { token: null })).status, 401)
})

test('deleting ends the stream and its room, as often as it is asked for', async () => {
  const [row] = await list()
  const { room } = hub.server.runtime.core.rooms.get('live-demo').find('camera-1')!
  const deleted = await hub.call('DELETE /apps/live/streams/live-demo%2Fcamera-1')
  assert.deepEqual([deleted.status, deleted.body], [204, undefined])
  assert.equal(room.closed, true)
  assert.deepEqual(await list(), [])
  const { data } = (await hub.call(`GET /apps/live/streams/${row!.id}`)).body
  assert.equal(data.status, 'ended')
  assert.match(data.endedAt, /Z$/)
  assert.equal(JSON.parse(data.lastStatsJson).live, false)
  assert.equal((await hub.call(`DELETE /apps/live/streams/${row!.id}`)).status, 204)

  await publisher('live-demo', 'camera-1', 'WEBRTC')
  const [again] = await list()
  assert.equal(again!.id, row!.id)
  assert.ok(again!.startedAt > row!.startedAt)
})

test('chat and reactions go to the room where the app has them, and what breaks a rule is refused', async () => {
  const { core } = hub.server.runtime
  const send = (body: unknown, id = 'live-demo%2Fcamera-1') => hub.call(`POST /apps/live/streams/${id}/data`, { body })
  for (const topic of ['chat', 'reaction']) assert.equal((await send({ topic })).status, 404)
  await core.apps.update('live', { features: { chat: true, reactions: true } })
  const told = once(core.events, 'chat.message') as Promise<[RoomMessage]>
  const sent = await send({ topic: 'chat', message: 'hello', from: 'desk', unknown: true })
  assert.deepEqual([sent.status, sent.body], [201, { data: { sent: true, room: 'live-demo', topic: 'chat' } }])
  const [{ room, stream, topic, from, message }] = await told
  assert.deepEqual(
    { room, stream, topic, from, message },
    { room: 'live-demo', stream: 'live-demo/camera-1', topic: 'chat', from: 'desk', message: 'hello' },
  )
  assert.equal((await send({ topic: 'x', payload: 'p'.repeat(8_000), destinationIdentities: ['a'], reliable: false })).status, 201)
  assert.equal((await send({ topic: 'chat', message: 'x' }, 'live-demo')).status, 404)
  const wrong = [
    {},
    { topic: '' },
    { topic: 'x'.repeat(65) },
    { topic: 'x', message: 'm'.repeat(4_001) },
    { topic: 'x', reaction: 'r'.repeat(65) },
  ]
  const more = [
    { topic: 'x', payload: 'p'.repeat(8_001) },
    { topic: 'x', from: 'f'.repeat(121) },
    { topic: 'x', reliable: 'no' },
    { topic: 1 },
  ]
  for (const body of [...wrong, ...more, { topic: 'x', destinationIdentities: 'a' }, { topic: 'x', destinationIdentities: [1] }]) {
    const { status, body: refused } = await send(body)
    assert.equal(status, 400, JSON.stringify(body))
    assert.ok(Array.isArray(refused.message))
  }
})
