import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { VERSION } from '../runtime/version.ts'
import { TEST_TOKEN } from './harness.ts'
import { Hub } from './streamhub-support.ts'

const SECRETS = {
  JWT_SECRET: 'hunter2-jwt-secret-0123456789abcdef',
  ADMIN_PASS: 'hunter2-admin',
  API_SECRET: 'hunter2-rtcstack',
  STREAMHUB_CLUSTER_TOKEN: 'hunter2-cluster',
  REDIS_URL: 'redis://user:hunter2@cluster-redis:6379/0',
  METRICS_TOKEN: 'hunter2-metrics',
  LIVEKIT_API_KEY: 'APIhunter2',
  LIVEKIT_API_SECRET: 'hunter2-livekit-0123456789abcdef0123',
}

let hub: Hub
before(async () => {
  hub = await Hub.start({ env: { ...SECRETS, PUBLIC_URL: 'https://media.example.org/', LOG_RETENTION_DAYS: '7' } })
})
after(() => hub[Symbol.asyncDispose]())

test('anybody may ask whether the server is there', async () => {
  const { status, body } = await hub.call('GET /health', { token: null })
  assert.equal(status, 200)
  const { ts, uptimeSeconds, ...rest } = body
  assert.deepEqual(rest, { status: 'ok', up: true, version: VERSION })
  assert.equal(ts, new Date(ts).toISOString())
  assert.ok(Number.isInteger(uptimeSeconds))
})

test('the stats tell of the machine and of what is live', async () => {
  const { core } = hub.server.runtime
  const ingress = await core.ingresses.create({ protocol: 'TEST', app: 'live', room: 'yard' })
  const { body } = await hub.call('GET /stats')
  assert.deepEqual(Object.keys(body).sort(), [
    ...['counts', 'cpu', 'disk', 'egress', 'ingress', 'livekitReachable', 'memory', 'storage', 'ts', 'uptimeSeconds', 'version'],
  ])
  assert.equal(body.cpu.loadAvg.length, 3)
  for (const space of [body.memory, body.disk]) {
    assert.equal(space.usedBytes, space.totalBytes - space.freeBytes)
    assert.ok(space.freeBytes > 0 && space.usedBytes > 0)
  }
  assert.equal(body.livekitReachable, true)
  assert.deepEqual(body.counts, { apps: core.apps.list().length, rooms: 0, activeStreams: 0 })
  assert.deepEqual(body.ingress, { reachable: true, active: 0, total: 1 })
  assert.deepEqual(body.egress, { reachable: true, active: 0, total: 0 })
  const { dbSizeBytes, appsDbSizeBytes, totalDbSizeBytes, vodTotalBytes, vodCount } = body.storage
  assert.ok(dbSizeBytes > 0)
  assert.deepEqual([totalDbSizeBytes, vodTotalBytes, vodCount], [dbSizeBytes + appsDbSizeBytes, 0, 0])

  const room = await core.rooms.open('live-yard')
  room.join({ identity: 'camera', kind: 'TEST', publishing: true })
  assert.deepEqual((await hub.call('GET /stats')).body.counts, { ...body.counts, rooms: 1, activeStreams: 1 })
  room.close('REQUESTED')
  await core.ingresses.delete(ingress.ingress.id)
  const token = await hub.appToken('live')
  assert.equal((await hub.call('GET /stats', { token })).status, 200)
  assert.equal((await hub.call('GET /stats', { token: null })).status, 401)
})

test('the stats of an app tell of its rooms, recordings and log', async () => {
  const { core } = hub.server.runtime
  const app = await core.apps.create('shop', { config: { displayName: 'The shop' } })
  await mkdir(join(app.folder, 'recordings', 'yard'), { recursive: true })
  await writeFile(join(app.folder, 'recordings', 'yard', 'one.mp4'), 'x'.repeat(1_000))
  const room = await core.rooms.open(app.fullName('yard'))
  room.admit({ kind: 'TEST' })
  const { status, body } = await hub.call('GET /apps/shop/stats')
  assert.equal(status, 200)
  assert.equal(body.error, null)
  const { ts, storage, events24h, ...rest } = body.data
  assert.equal(ts, new Date(ts).toISOString())
  assert.deepEqual(rest, {
    app: { name: 'shop', displayName: 'The shop' },
    live: {
      activeStreams: 0,
      totalViewers: 1,
      rooms: [{ room: 'shop-yard', viewers: 1, publishers: 0, startedAt: room.openedAt.toISOString() }],
    },
    vods: { count: 1, totalBytes: 1_000, byStatus: { recording: 0, uploading: 0, ready: 1, failed: 0 } },
    ingress: { total: 0, active: 0 },
  })
  assert.equal(storage.vodBytes, 1_000)
  assert.deepEqual(Object.keys(events24h), ['error', 'warn', 'info'])
  assert.ok(events24h.info >= 2)

  room.close('REQUESTED')
  assert.equal((await hub.call('GET /apps/shop/stats')).body.data.ts, ts, 'it is kept for five seconds')

  await core.apps.update('live', { features: { viewerCounter: false } })
  assert.equal((await hub.call('GET /apps/live/stats')).body.data.live.totalViewers, null)
  const token = await hub.appToken('live')
  assert.equal((await hub.call('GET /apps/live/stats', { token })).status, 200)
  assert.equal((await hub.call('GET /apps/shop/stats', { token })).status, 403)
  assert.equal((await hub.call('GET /apps/nowhere/stats')).status, 404)
})

test('the stats are told again and again', async () => {
  const stats = hub.server.subscribe<{ serverStatsEvents: { at: string } }>('subscription { serverStatsEvents(intervalMs: 1000) { at } }')
  const first = (await stats.next()).value?.serverStatsEvents.at
  const second = (await stats.next()).value?.serverStatsEvents.at
  assert.ok(Date.parse(second ?? '') - Date.parse(first ?? '') >= 900)
  await stats.return(undefined)
})

test('the hardware is told, and looked for again when asked to', async () => {
  const first = await hub.call('GET /system/gpu')
  assert.equal(first.status, 200)
  const { available, type, devices, checkedAt } = first.body
  assert.equal(available, type !== 'none')
  assert.equal(devices.length > 0, available)
  assert.equal(typeof first.body.detail, available ? 'undefined' : 'string')
  assert.equal((await hub.call('GET /system/gpu')).body.checkedAt, checkedAt)
  assert.equal((await hub.call('GET /system/gpu?refresh=1')).status, 200)
  const refreshed = await hub.call('POST /system/gpu/refresh')
  assert.deepEqual([refreshed.status, Object.keys(refreshed.body)], [201, Object.keys(first.body)])
  assert.equal((await hub.call('GET /system/gpu', { token: null })).status, 401)
})

test('the settings tell everything but secrets', async () => {
  const { status, body, text } = await hub.call('GET /system/settings')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body.data), [
    ...['core', 'auth', 'livekit', 'cluster', 'metrics', 'storage', 'versions', 'runtime', 'ports', 'guidance'],
  ])
  const { core, auth, livekit, cluster, metrics, versions, ports, guidance } = body.data
  assert.equal(core.port, hub.server.runtime.port)
  assert.deepEqual([core.publicBaseUrl, core.publicWsUrl], ['https://media.example.org', 'wss://media.example.org'])
  assert.deepEqual([core.rtmpPublicHost, core.logRetentionDays, core.logLevel], ['media.example.org', 7, 'info'])
  assert.deepEqual([core.authzEnforce, core.redisUrl], ['on', 'cluster-redis:6379'])
  assert.deepEqual(auth, { adminUser: 'admin', jwtSecretSet: true, adminPassSet: true, smtpConfigured: false, superadminEmail: null })
  assert.deepEqual(livekit, { url: 'wss://media.example.org', apiKeySet: true, apiKeyMasked: 'APIhun…' })
  assert.deepEqual(cluster, { enabled: true, redisConfigured: true, nodesCount: 1 })
  assert.deepEqual(metrics, { tokenSet: true })
  assert.deepEqual(versions, { core: VERSION, node: process.version })
  assert.deepEqual(Object.keys(ports), ['core', 'livekitSignaling', 'livekitTcp', 'livekitUdp', 'rtmp', 'whip'])
  for (const help of Object.values(guidance).flat() as object[]) assert.deepEqual(Object.keys(help), ['setting', 'envVar', 'howToChange'])
  for (const secret of [...Object.values(SECRETS), 'hunter2', TEST_TOKEN]) assert.ok(!text.includes(secret), secret)

  assert.equal((await hub.call('GET /system/settings', { token: await hub.appToken('live') })).status, 403)
  assert.equal((await hub.call('GET /system/settings', { token: null })).status, 401)
})

test('the token for metrics reads metrics, and nothing else', async () => {
  await using far = await Hub.start({ env: { HOST: '0.0.0.0', METRICS_TOKEN: 'hunter2-metrics' } })
  const read = async (token?: string) =>
    (await fetch(`${far.server.url}/metrics`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).status
  assert.equal(await read(), 401)
  assert.equal(await read('hunter2-metricsx'), 401)
  assert.equal(await read('hunter2-metrics'), 200)
  assert.equal((await far.call('GET /stats', { token: 'hunter2-metrics' })).status, 401)
})
