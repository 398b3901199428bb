import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type recorder from '../plugins/recorder/plugin.ts'
import type rtmp from '../plugins/rtmp/plugin.ts'
import { Ffmpeg } from '../plugins/rtmp/test-encoders.ts'
import { Hub } from './streamhub-support.ts'

let hub: Hub
let camera: Ffmpeg
before(async () => {
  const plugins = [
    use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 0 }),
    use<typeof recorder>('./plugins/recorder/plugin.ts', { graceMs: 500 }),
  ]
  hub = await Hub.start({ plugins })
  const { server } = hub
  const isUp = () => ['rtmp', 'recorder'].every((name) => server.runtime.host.get(name).state === 'RUNNING')
  await server.until('{ __typename }', isUp, 20_000)
  await server.runtime.core.apps.update('live', { recording: { mode: 'participant' } })
  const { rtmpServer } = await server.until<{ rtmpServer: { port: number } | null }>(
    '{ rtmpServer { port } }',
    (data) => data.rtmpServer !== null,
  )
  camera = new Ffmpeg(`rtmp://127.0.0.1:${rtmpServer?.port}/live/yard`)
  await server.until<{ tracks: unknown[] }>('{ tracks { id } }', ({ tracks }) => tracks.length === 2)
})
after(async () => {
  await camera[Symbol.asyncDispose]()
  await hub[Symbol.asyncDispose]()
})

const start = (body: unknown) => hub.call('POST /apps/live/recording/start', { body })
const stop = (id: string | number) => hub.call(`POST /apps/live/recording/${id}/stop`)
type Row = { row: { state: string; stream: string; room: string; identity: string | null } }
const rowOf = (id: string) => hub.server.graphql<Row>(`{ row: recording(app: "live", id: "${id}") { state stream room identity } }`)

test('a recording begins by either name of the room and ends by number or id, as often as it is asked for', async () => {
  const [{ identity = '' } = {}] = (await hub.server.graphql<{ participants: { identity: string }[] }>('{ participants { identity } }'))
    .participants
  const streams = [undefined, null, '', identity, `live-yard/${identity}`]
  for (const [index, streamId] of streams.entries()) {
    const roomName = index % 2 === 0 ? 'yard' : 'live-yard'
    const { status, body } = await start({ roomName, streamId, unknown: 1 })
    assert.equal(status, 201, JSON.stringify(body))
    const { vodId, egressId } = body.data
    assert.ok(Number.isInteger(vodId))
    assert.match(egressId, /^EG_/)
    assert.deepEqual(body, { data: { vodId, egressId, status: 'recording' }, error: null })
    const { row } = await rowOf(egressId)
    assert.deepEqual([row.room, row.identity, row.stream], ['live-yard', identity, streamId || `live-yard/${identity}`])

    const stopped = await stop(index % 2 === 0 ? vodId : egressId)
    assert.deepEqual([stopped.status, stopped.body], [201, { data: { vodId, egressId, status: 'uploading' }, error: null }])
    const again = await stop(vodId)
    assert.equal(again.status, 201)
    assert.ok(['uploading', 'ready', 'failed'].includes(again.body.data.status))
  }
})

test('two of the same room are two recordings', async () => {
  const [first, second] = [await start({ roomName: 'yard' }), await start({ roomName: 'yard' })]
  assert.notEqual(first.body.data.vodId, second.body.data.vodId)
  for (const { body } of [first, second]) await stop(body.data.vodId)
})

test('a stream is recorded by its number or its name; the newest of its recordings ends first', async () => {
  const [stream] = (await hub.call('GET /apps/live/streams')).body as { id: number; streamId: string }[]
  const name = encodeURIComponent(stream?.streamId ?? '')
  const first = await hub.call(`POST /apps/live/streams/${name}/record/start`)
  const second = await hub.call(`POST /apps/live/streams/${stream?.id}/record/start`)
  assert.deepEqual([first.status, second.status, second.body.data.status], [201, 201, 'recording'])
  assert.equal((await rowOf(second.body.data.egressId)).row.stream, stream?.streamId)
  const stopped = await hub.call(`POST /apps/live/streams/${name}/record/stop`)
  assert.deepEqual(stopped.body, { data: { ...second.body.data, status: 'uploading' }, error: null })
  await stop(first.body.data.vodId)
  for (const path of [
    'streams/live-yard%2Fnobody/record/start',
    'streams/4711/record/stop',
    'recording/4711/stop',
    'recording/EG_no/stop',
  ]) {
    assert.equal((await hub.call(`POST /apps/live/${path}`)).status, 404, path)
  }
})

test('whoever is not there has a while to come; then there is nothing of it', async () => {
  const { status, body } = await start({ roomName: 'yard', streamId: 'nobody' })
  assert.deepEqual([status, body.data.status], [201, 'recording'])
  await hub.server.until<Row>(`{ row: recording(app: "live", id: "${body.data.egressId}") { state } }`, ({ row }) => row.state === 'FAILED')
})

test('what breaks a rule is refused, and leaves no row', async () => {
  const count = async () =>
    (await hub.server.graphql<{ recordings: { total: number } }>('{ recordings(app: "live") { total } }')).recordings.total
  const before = await count()
  for (const body of [
    {},
    { roomName: '' },
    { roomName: '  ' },
    { roomName: 'x'.repeat(201) },
    { roomName: 1 },
    { roomName: 'yard', streamId: 'x'.repeat(201) },
  ]) {
    const { status, body: refused } = await start(body)
    assert.equal(status, 400, JSON.stringify(body))
    assert.ok(Array.isArray(refused.message), JSON.stringify(refused))
  }
  assert.equal((await start({ roomName: 'empty' })).status, 503)
  assert.equal((await hub.call('POST /apps/nowhere/recording/start', { body: { roomName: 'yard' } })).status, 404)
  assert.equal((await hub.call('POST /apps/live/recording/start', { body: { roomName: 'yard' }, token: null })).status, 401)
  await hub.server.runtime.core.apps.update('live', { recording: { enabled: false } })
  const { status, body } = await start({ roomName: 'yard' })
  assert.deepEqual([status, body.error, typeof body.message], [400, 'Bad Request', 'string'])
  await hub.server.runtime.core.apps.update('live', { recording: { enabled: true } })
  assert.equal(await count(), before)
})
