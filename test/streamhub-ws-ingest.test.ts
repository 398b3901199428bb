import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import type wsMjpeg from '../plugins/ws-mjpeg/plugin.ts'
import { Device } from '../plugins/ws-mjpeg/test-devices.ts'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start({ plugins: [use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts')] })
})
after(() => hub?.[Symbol.asyncDispose]())

test('a key is made, told once, listed masked, used and taken back', async () => {
  const base = hub.server.url
  const ws = base.replace('http', 'ws')
  const made = await hub.call('POST /apps/live/ws-ingest', { body: { room: 'cam1', extra: 1 } })
  assert.equal(made.status, 201, made.text)
  const { id, streamKey, ...rest } = made.body.data
  assert.match(id, /^wsi_[0-9a-f]{12}$/)
  assert.match(streamKey, /^wsk_[A-Za-z0-9_-]{32}$/)
  assert.deepEqual(rest, {
    room: 'live-cam1',
    identity: 'cam1',
    wsUrl: `${ws}/ingest/ws?app=live&room=live-cam1`,
    viewerWsUrl: `${ws}/live/ws?app=live&room=live-cam1`,
    mjpegUrl: `${base}/live/live/live-cam1/mjpeg`,
    frameUrl: `${base}/live/live/live-cam1/frame.jpg`,
    playerUrl: `${base}/play/live/live-cam1`,
    embedUrl: `${base}/embed/live/live-cam1`,
  })
  assert.deepEqual(Object.keys(made.body), ['data'])

  const list = async () => (await hub.call('GET /apps/live/ws-ingest')).body.data
  const [row] = await list()
  assert.deepEqual(row, { id, room: 'live-cam1', streamKey: `${streamKey.slice(0, 8)}…`, active: false, createdAt: row.createdAt })
  assert.match(row.createdAt, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)

  const live = (room: string) => hub.call(`GET /apps/live/ws-ingest/live/${room}`, { token: null })
  assert.deepEqual((await live('cam1')).body, { data: { active: false, type: null, room: 'live-cam1' } })

  using device = new Device(base, { app: 'live', room: 'live-cam1' }, { headers: { authorization: `Bearer ${streamKey}` } })
  assert.equal((await device.ready()).streamId, 'live-cam1/cam1')
  const [active] = await list()
  assert.deepEqual([active.active, active.identity], [true, 'cam1'])
  assert.deepEqual((await live('live-cam1')).body, {
    data: { active: true, type: 'ws-mjpeg', room: 'live-cam1', mjpegUrl: rest.mjpegUrl, frameUrl: rest.frameUrl, wsUrl: rest.viewerWsUrl },
  })
  const [stream] = (await hub.call('GET /apps/live/streams')).body
  assert.deepEqual([stream.streamId, stream.type, stream.status], ['live-cam1/cam1', 'ws-mjpeg', 'active'])
  device.send('{"type":"stats","rssi":-60}')
  const { lastStatsJson } = await statsOf('live-cam1%2Fcam1')
  const { ts, ...stats } = JSON.parse(lastStatsJson)
  assert.deepEqual(
    { ...stats, participants: 1, publishers: 1 },
    { rssi: -60, live: true, framesReceived: 0, framesDroppedFps: 0, viewers: 0, participants: 1, publishers: 1 },
  )
  assert.ok(ts)

  const gone = await hub.call(`DELETE /apps/live/ws-ingest/${id}`)
  assert.deepEqual([gone.status, gone.body], [200, { data: { id, deleted: true } }])
  assert.equal((await device.ended).code, 4401)
  assert.equal((await hub.call(`DELETE /apps/live/ws-ingest/${id}`)).status, 404)
  assert.deepEqual(await list(), [])
})

/** As soon as the device's own words are in it. */
async function statsOf(id: string): Promise<{ lastStatsJson: string }> {
  for (;;) {
    const { body } = await hub.call(`GET /apps/live/streams/${id}`)
    if (body.data.lastStatsJson?.includes('rssi')) return body.data
  }
}

test('newest keys come first, and a given identity is kept', async () => {
  await hub.call('POST /apps/live/ws-ingest', { body: { room: 'a', identity: 'one' } })
  const { body } = await hub.call('POST /apps/live/ws-ingest', { body: { room: 'live-b', identity: null } })
  assert.deepEqual([body.data.room, body.data.identity], ['live-b', 'live-b'])
  const rows: { room: string }[] = (await hub.call('GET /apps/live/ws-ingest')).body.data
  assert.deepEqual(
    rows.map(({ room }) => room),
    ['live-b', 'live-a'],
  )
})

test('what is wrong with a request is said in its order', async () => {
  const status = async (...call: Parameters<Hub['call']>) => (await hub.call(...call)).status
  assert.equal(await status('POST /apps/live/ws-ingest', { token: null, body: {} }), 401)
  assert.equal(await status('POST /apps/nowhere/ws-ingest', { body: {} }), 404)
  for (const body of [
    {},
    { room: '' },
    { room: 'a b' },
    { room: '-a' },
    { room: 'r'.repeat(65) },
    { room: 7 },
    { room: 'a', identity: '../x' },
  ]) {
    const refused = await hub.call('POST /apps/live/ws-ingest', { body })
    assert.equal(refused.status, 400)
    assert.match(refused.body.message[0], /^(room|identity) /)
  }
  await hub.call('POST /apps', { body: { name: 'acme' } })
  const token = await hub.appToken('acme')
  assert.equal(await status('GET /apps/live/ws-ingest', { token }), 403)
  assert.equal(await status('GET /apps/acme/ws-ingest', { token }), 200)
  assert.equal(await status('GET /apps/nowhere/ws-ingest/live/x', { token: null }), 404)
  await hub.server.runtime.core.apps.update('acme', { features: { publicPlayback: false } })
  assert.equal(await status('GET /apps/acme/ws-ingest/live/x', { token: null }), 404)
})
