import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { cleanup } from 'node-datachannel'
import { conformsToItsDescription } from './conformance/rest.ts'
import { type GoLive, metricIn, startGoLive } from './golive-support.ts'
import { openReceiver, openSender } from './whip-native.ts'
import { bearer, offer, patch, trickle } from './whip-support.ts'

after(() => cleanup())

const metrics = async ({ get }: GoLive) => (await get('/metrics')).text()

/** Polls until the listed rooms are as wanted. */
async function untilRooms(api: GoLive, wanted: unknown): Promise<void> {
  const deadline = Date.now() + 5_000
  for (;;) {
    const rooms = JSON.stringify(await api.rooms())
    if (rooms === JSON.stringify(wanted)) return
    assert.ok(Date.now() < deadline, `the rooms are ${rooms}`)
    await wait(20)
  }
}

test('what a publisher sends, a subscriber gets; rooms and metrics count it, also when the room comes back', async () => {
  await using api = await startGoLive()
  const url = (path: string) => `${api.server.url}${path}`
  const bytes = 'live_rtp_bytes_total{room="demo"}'
  const packets = 'live_rtp_packets_total{room="demo"}'
  assert.equal(metricIn(await metrics(api), 'live_rooms'), 0)

  let counted = 0
  {
    using publisher = await openSender(url('/api/whip/publish/demo'))
    using subscriber = await openReceiver(url('/api/whep/play/demo'), 'video')
    await subscriber.received(20)
    await untilRooms(api, [{ name: 'demo', hasPublisher: true, tracks: 2, subscribers: 1 }])

    const text = await metrics(api)
    assert.equal(metricIn(text, 'live_rooms'), 1)
    assert.equal(metricIn(text, 'live_subscribers{room="demo"}'), 1)
    counted = metricIn(text, packets) ?? 0
    assert.ok(counted >= 40, `${counted} packets`)
    const perPacket = (metricIn(text, bytes) ?? 0) / counted
    assert.ok(perPacket > 12 && perPacket < 100, `${perPacket} bytes in a packet`)
    for (const series of [bytes, packets, 'live_rooms', 'live_subscribers{room="demo"}']) {
      assert.equal(metricIn(text, series.replace('live_', 'webrtc_')), metricIn(text, series), series)
    }
    const { audio, video } = {
      audio: 'patchbay_track_received_packets_total{kind="audio"}',
      video: 'patchbay_track_received_packets_total{kind="video"}',
    }
    assert.equal((metricIn(text, audio) ?? 0) + (metricIn(text, video) ?? 0), counted)
    assert.equal(metricIn(text, 'patchbay_viewers{kind="WHEP"}'), 1)
    assert.equal(metricIn(text, 'patchbay_participants{kind="WHIP"}'), 1)

    await subscriber.received(10)
    assert.equal(await subscriber.leave(), 200)
    assert.equal(await publisher.leave(), 200)
  }

  api.server.runtime.core.rooms.get('live-demo').close('REQUESTED')
  const between = await metrics(api)
  const final = metricIn(between, packets) ?? 0
  assert.ok(final > counted, 'what came after the last reading is counted as well')
  assert.deepEqual([metricIn(between, 'live_rooms'), metricIn(between, 'live_subscribers{room="demo"}')], [0, 0])

  using again = await openSender(url('/api/whip/publish/demo'))
  await untilRooms(api, [{ name: 'demo', hasPublisher: true, tracks: 2, subscribers: 0 }])
  assert.ok((metricIn(await metrics(api), packets) ?? 0) > final, 'the counter goes on')
  await again.leave()
})

test('closing a room disconnects its publisher and its subscribers', async () => {
  await using api = await startGoLive({ ADMIN_TOKEN: 'boss' })
  await api.publish('demo')
  await api.play('demo')
  const { sessions } = api.server.runtime.core
  const lost = sessions.list().map(({ transport }) => once(transport.observer, 'close'))
  assert.equal(lost.length, 2)
  assert.equal((await api.get('/api/admin/rooms/demo/close', { method: 'POST', headers: bearer('boss') })).status, 200)
  await Promise.all(lost)
  assert.deepEqual(sessions.list(), [])
})

test('/metrics tells how the parts are doing, in base units', async () => {
  await using api = await startGoLive()
  await api.publish('demo')
  await api.server.graphql('{ rooms { name } }')
  await api.get('/no/such/address')
  const response = await api.get('/metrics')
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  const positive = [
    'patchbay_rooms',
    'patchbay_tracks{kind="audio"}',
    'patchbay_media_worker_up{worker="0"}',
    'patchbay_media_worker_cpu_seconds_total{worker="0",mode="user"}',
    'patchbay_plugin_up{plugin="whip"}',
    'patchbay_plugin_heap_bytes{plugin="whip"}',
    'patchbay_graphql_operations_total{kind="query"}',
    'patchbay_http_request_duration_seconds_count{method="POST",route="/api/whip/publish/*",status="201"}',
    'patchbay_http_request_duration_seconds_count{method="GET",route="(none)",status="404"}',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
  ]
  for (const series of positive) assert.ok((metricIn(text, series) ?? 0) > 0, series)
  const named = new Set([...text.matchAll(/^([a-z]\w*?)(?:_bucket|_sum|_count)?(?=[{ ])/gm)].map(([, name]) => name))
  for (const name of named) assert.match(text, new RegExp(`# HELP ${name} .+\\n# TYPE ${name} `), `${name} has help and type`)
})

test('a media worker that died is seen in the metrics', async () => {
  await using api = await startGoLive()
  const { core } = api.server.runtime
  const replaced = once(core.events, 'mediaWorker.replaced')
  process.kill(core.workers.alive[0]!.pid, 'SIGKILL')
  await replaced
  const text = await metrics(api)
  assert.equal(metricIn(text, 'patchbay_media_worker_restarts_total{worker="0"}'), 1)
  assert.equal(metricIn(text, 'patchbay_media_worker_up{worker="0"}'), 1)
})

test('/openapi/golive.json describes what is answered, and /docs shows it without asking anybody else', async () => {
  await using api = await startGoLive({ ADMIN_TOKEN: 'boss', STUN_URLS: 'stun:stun.example.org' })
  const boss = { headers: bearer('boss') }
  const opened: Record<string, Response & { session: string; etag: string }> = {}
  const whip = () => opened.whip!
  const whep = () => opened.whep!
  const sdp = await offer('chromium-publish')
  await conformsToItsDescription(
    api.server,
    'golive',
    {
      'GET /api/bootstrap': () => api.get('/api/bootstrap'),
      'GET /api/whip/publish/{room}': () => api.get('/api/whip/publish/demo'),
      'POST /api/whip/publish/{room}': async () => (opened.whip = await api.publish('demo')),
      'GET /api/whep/play/{room}': () => api.get('/api/whep/play/demo'),
      'HEAD /api/whep/play/{room}': () => api.get('/api/whep/play/demo', { method: 'HEAD' }),
      'POST /api/whep/play/{room}': async () => (opened.whep = await api.play('demo')),
      'GET /api/rooms': () => api.get('/api/rooms'),
      'GET /api/whip/session/{id}': () => fetch(whip().session),
      'PATCH /api/whip/session/{id}': () => patch(whip().session, trickle(sdp), { 'if-match': whip().etag }),
      'GET /api/whep/session/{id}': () => fetch(whep().session),
      'PATCH /api/whep/session/{id}': () =>
        patch(whep().session, 'a=ice-ufrag:Esaw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n', { 'if-match': '*' }),
      'DELETE /api/whep/session/{id}': () => fetch(whep().session, { method: 'DELETE' }),
      'DELETE /api/whip/session/{id}': async () => {
        const response = await fetch(whip().session, { method: 'DELETE' })
        await api.publish('demo')
        return response
      },
      'POST /api/admin/rooms/{room}/close': () => api.get('/api/admin/rooms/demo/close', { method: 'POST', ...boss }),
      'GET /api/records': () => api.get('/api/records', boss),
      'GET /records/{file}': () => api.get('/records/none.ivf', boss),
    },
    ['GET /records/{file}'],
  )
  const list = (await (await api.get('/openapi')).json()) as unknown[]
  assert.deepEqual(list[0], { name: 'golive', title: 'go-live API', url: '/openapi/golive.json' })
  const page = await api.get('/docs')
  assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/)
  const html = await page.text()
  const [, ...linked] = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? '')
  assert.doesNotMatch(html, /(?:src|href)="https?:/)
  for (const path of linked.filter((one) => one.startsWith('/docs/'))) assert.equal((await api.get(path)).status, 200, path)
})
