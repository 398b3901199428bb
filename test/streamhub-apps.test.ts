import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Hub } from './streamhub-support.ts'

test('an app is created, read, listed and deleted', async () => {
  await using hub = await Hub.start()
  const created = await hub.call('POST /apps', { body: { name: 'demo', displayName: 'Demo', roomPrefix: 'DEMO' } })
  assert.equal(created.status, 201)
  const { id, createdAt, updatedAt, ...rest } = created.body
  assert.deepEqual(rest, { name: 'demo', displayName: 'Demo', livekitRoomPrefix: 'demo', settingsJson: null })
  assert.ok(Number.isInteger(id))
  for (const at of [createdAt, updatedAt]) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual((await hub.call('GET /apps/demo')).body, created.body)
  assert.deepEqual(
    (await hub.call('GET /apps')).body.map(({ name }: { name: string }) => name),
    ['default', 'demo', 'live'],
  )
  const gone = await hub.call('DELETE /apps/demo')
  assert.deepEqual([gone.status, gone.body], [200, { deleted: true, name: 'demo' }])
  assert.equal((await hub.call('GET /apps/demo')).status, 404)
  assert.equal((await hub.call('DELETE /apps/demo')).status, 404)
  const again = await hub.call('POST /apps', { body: { name: 'demo' } })
  assert.deepEqual([again.status, again.body.displayName, again.body.id > id], [201, 'demo', true])
  assert.equal((await hub.call('DELETE /apps/default')).status, 409)
})

test('bad names are refused, and so are prefixes that lie in others', async () => {
  await using hub = await Hub.start()
  const create = async (body: unknown) => (await hub.call('POST /apps', { body })).status
  for (const name of ['ab', 'Ab-c', '-abc', 'abc-', 'a_c', 'a'.repeat(33), 5, undefined])
    assert.equal(await create({ name }), 400, `${name}`)
  assert.equal(await create({ name: 'fine', displayName: 'x'.repeat(101) }), 400)
  assert.equal(await create({ name: 'fine', roomPrefix: 'a b' }), 400)
  for (const body of [{ name: 'live' }, { name: 'live-two' }, { name: 'fine', roomPrefix: 'live' }, { name: 'fine', roomPrefix: 'live-x' }])
    assert.equal(await create(body), 409, JSON.stringify(body))
  assert.equal(await create({ name: 'liveshop', nonsense: 1 }), 201)
  const both = await Promise.all([create({ name: 'twin' }), create({ name: 'twin' })])
  assert.deepEqual(both.sort(), [201, 409])
  const refused = await hub.call('POST /apps', { body: { name: 'A', displayName: 7 } })
  assert.ok(Array.isArray(refused.body.message) && refused.body.message.length === 2)
})

test('the token of an app sees that app and may not create others', async () => {
  await using hub = await Hub.start()
  await hub.call('POST /apps', { body: { name: 'demo' } })
  const token = await hub.appToken('demo')
  assert.deepEqual(
    (await hub.call('GET /apps', { token })).body.map(({ name }: { name: string }) => name),
    ['demo'],
  )
  assert.equal((await hub.call('GET /apps/demo', { token })).status, 200)
  assert.equal((await hub.call('GET /apps/live', { token })).status, 403)
  assert.equal((await hub.call('POST /apps', { token, body: { name: 'more' } })).status, 403)
  assert.equal((await hub.call('GET /apps', { token: null })).status, 401)
  assert.equal((await hub.call('DELETE /apps/demo', { token })).status, 200)
  assert.equal((await hub.call('GET /apps', { token })).status, 401)
})

test('PATCH changes the common keys and answers with the whole configuration, secrets masked', async () => {
  await using hub = await Hub.start({ env: { APP_LIVE_S3_KEY: 'AKIAEXAMPLE', APP_LIVE_S3_SECRET: 'verysecretkey' } })
  const patch = (body: unknown) => hub.call('PATCH /apps/live', { body })
  const { status, body, text } = await patch({
    displayName: 'Live!',
    recordingEnabled: false,
    splitMinutes: 30,
    snapshotSeconds: 60,
    callbackUrl: 'https://hooks.example.com/in',
    callbackSecret: 'hush-hush-hush',
    features: { chat: true, wsIngest: { maxCameras: 3 } },
  })
  assert.equal(status, 200)
  assert.deepEqual([body.displayName, body.recording.enabled, body.recording.splitMinutes], ['Live!', false, 30])
  assert.deepEqual([body.recording.mode, body.s3.provider, body.transcoding.encoding], ['room-composite', 'wasabi', 'h264'])
  assert.deepEqual(body.callbacks, { url: 'https://hooks.example.com/in', secret: '********' })
  assert.deepEqual(body.features.wsIngest, { enabled: true, maxCameras: 3, maxFps: 15, maxFrameKb: 256 })
  assert.deepEqual([body.s3.accessKey, body.s3.secretKey], ['AK***LE', 've***ey'])
  for (const secret of ['hush-hush-hush', 'AKIAEXAMPLE', 'verysecretkey']) assert.ok(!text.includes(secret))
  const { core } = hub.server.runtime
  assert.equal(core.apps.get('live').callbackSecret, 'hush-hush-hush')
  assert.ok(!(await hub.call('GET /apps/live/config/raw')).text.includes('hush'))
  assert.ok(!hub.server.log.join('').includes('hush-hush-hush'))

  const before = (await hub.call('GET /apps/live/config/backups')).body.data.length
  assert.deepEqual((await patch({})).body, body)
  assert.equal((await hub.call('GET /apps/live/config/backups')).body.data.length, before)
  assert.equal((await patch({ callbackSecret: '********' })).status, 200)
  assert.equal(core.apps.get('live').callbackSecret, 'hush-hush-hush')
  assert.equal((await patch({ callbackSecret: '' })).body.callbacks.secret, '')

  const bad = [
    { splitMinutes: 7 },
    { snapshotSeconds: 2 },
    { recordingEnabled: 'no' },
    { callbackUrl: 'ftp://x' },
    { callbackUrl: 'x' },
    { features: { chat: 1 } },
    { features: { wsIngest: { maxFps: 99 } } },
    { roomPrefix: 'A' },
    { displayName: 'x'.repeat(101) },
    { callbackSecret: 'x'.repeat(257) },
  ]
  for (const one of bad) assert.equal((await patch(one)).status, 400, JSON.stringify(one))
})

test('two changes at once both arrive', async () => {
  await using hub = await Hub.start()
  const flags = ['chat', 'reactions', 'rtmpPassword', 'hiddenQc'] as const
  await Promise.all(flags.map((flag) => hub.call('PATCH /apps/live', { body: { features: { [flag]: flag !== 'hiddenQc' } } })))
  const { features } = (await hub.call('GET /apps/live/config')).body
  assert.deepEqual(
    flags.map((flag) => features[flag]),
    [true, true, true, false],
  )
})

test('sizes count the database and the recordings', async () => {
  await using hub = await Hub.start()
  await hub.call('POST /apps', { body: { name: 'demo' } })
  const { folder } = hub.server.runtime.core.apps.get('demo')
  await writeFile(join(folder, 'recordings', 'a.mp4'), Buffer.alloc(1_000))
  const { status, body } = await hub.call('GET /apps/demo/sizes')
  assert.equal(status, 200)
  const { dbSizeBytes, ...rest } = body.data
  assert.deepEqual([rest, body.error], [{ app: 'demo', vodTotalBytes: 1_000, vodCount: 1 }, null])
  assert.ok(dbSizeBytes > 0)
})

test('a deleted app closes its rooms, forgets its keys, and leaves nothing to another of its name', async () => {
  await using hub = await Hub.start()
  const { core } = hub.server.runtime
  await hub.call('POST /apps', { body: { name: 'demo' } })
  await hub.call('PUT /apps/demo/s3', { body: { key: 'AKIAEXAMPLE', secret: 'verysecretkey', bucket: 'b' } })
  await hub.call('PATCH /apps/demo', { body: { callbackSecret: 'hush', features: { chat: true } } })
  await hub.server.graphql('mutation { createIngress(protocol: "RTMP", app: "demo", room: "yard") { streamKey } }')
  await hub.server.graphql('mutation { openRoom(name: "demo-yard") { id } }')
  const token = await hub.appToken('demo')
  const { folder } = core.apps.get('demo')
  await writeFile(join(folder, 'recordings', 'a.mp4'), 'x')

  assert.equal((await hub.call('DELETE /apps/demo')).status, 200)
  assert.equal(core.rooms.find('demo-yard'), undefined)
  assert.deepEqual(
    core.ingresses.list().filter(({ app }) => app === 'demo'),
    [],
  )
  assert.equal(await readFile(join(folder, 'recordings', 'a.mp4'), 'utf8'), 'x')
  await assert.rejects(stat(join(folder, 'config.yaml')))

  await hub.call('POST /apps', { body: { name: 'demo' } })
  assert.equal((await hub.call('GET /apps/demo', { token })).status, 401)
  const s3 = (await hub.call('GET /apps/demo/s3')).body.data
  assert.deepEqual([s3.hasKey, s3.hasSecret, s3.bucket, core.apps.get('demo').callbackSecret], [false, false, '', ''])
  assert.equal((await hub.call('GET /apps/demo/config')).body.features.chat, false)
  assert.deepEqual((await hub.call('GET /apps/demo/config/backups')).body.data, [])
  assert.equal((await hub.call('GET /apps/demo/sizes')).body.data.vodCount, 1)

  assert.equal((await hub.call('DELETE /apps/demo?deleteVods=true')).status, 200)
  await assert.rejects(stat(folder))
  await hub.call('POST /apps', { body: { name: 'demo' } })
  assert.equal((await hub.call('GET /apps/demo/sizes')).body.data.vodCount, 0)
})

test('the recordings of a deleted app are kept from another tenant', async () => {
  await using hub = await Hub.start()
  const { core } = hub.server.runtime
  const { folder } = await core.apps.create('demo', { tenant: 'one' })
  await writeFile(join(folder, 'recordings', 'a.mp4'), 'x')
  await core.apps.delete('demo', { recordings: false })
  await core.apps.create('demo', { tenant: 'two' })
  await assert.rejects(stat(join(folder, 'recordings', 'a.mp4')))
})

test('S3 settings live in the file, credentials beside it', async () => {
  await using hub = await Hub.start()
  const put = (body: unknown) => hub.call('PUT /apps/live/s3', { body })
  const { core } = hub.server.runtime
  assert.equal(core.apps.get('live').s3(), undefined)
  const { status, body, text } = await put({
    provider: 'wasabi',
    bucket: 'my-bucket',
    region: 'us-east-1',
    endpoint: 'https://s3.us-east-1.wasabisys.com',
    key: 'AKIAEXAMPLE',
    secret: 'abcd',
    prefix: 'streamhub/live',
  })
  assert.equal(status, 200)
  assert.deepEqual(body, {
    data: {
      provider: 'wasabi',
      bucket: 'my-bucket',
      region: 'us-east-1',
      endpoint: 'https://s3.us-east-1.wasabisys.com',
      forcePathStyle: false,
      prefix: 'streamhub/live',
      public_url: '',
      accessKeyEnv: 'APP_LIVE_S3_KEY',
      secretKeyEnv: 'APP_LIVE_S3_SECRET',
      key: 'AK***LE',
      secret: '****',
      configured: true,
      keyMasked: 'AK***LE',
      secretMasked: '****',
      hasKey: true,
      hasSecret: true,
      publicVods: false,
      publicWarning: null,
    },
    error: null,
  })
  assert.ok(!text.includes('AKIAEXAMPLE'))
  assert.deepEqual((await hub.call('GET /apps/live/s3')).body, body)
  const file = (await hub.call('GET /apps/live/config/raw')).body.data.yaml
  assert.ok(file.includes('my-bucket') && !file.includes('AKIAEXAMPLE'))
  const access = core.apps.get('live').s3()
  assert.deepEqual([access?.accessKeyId, access?.secretAccessKey, access?.bucket], ['AKIAEXAMPLE', 'abcd', 'my-bucket'])

  assert.equal((await put({ key: 'AK***LE', secret: '****' })).body.data.hasKey, true)
  assert.equal(core.apps.get('live').s3()?.accessKeyId, 'AKIAEXAMPLE')
  assert.equal((await put({ provider: 'aws' })).body.data.endpoint, '')
  assert.equal((await put({ public_url: 'https://cdn.example.com' })).status, 400)
  const open = (await put({ public_url: 'https://cdn.example.com', confirmPublic: true })).body.data
  assert.deepEqual([open.publicVods, typeof open.publicWarning], [true, 'string'])
  assert.equal((await put({ public_url: '' })).body.data.publicVods, false)
  assert.equal((await put({ key: '' })).body.data.configured, false)

  const bad = [
    { endpoint: 'ftp://x.example.com' },
    { endpoint: 'nonsense' },
    { endpoint: 'http://127.0.0.1:9000' },
    { endpoint: 'http://localhost:9000' },
    { public_url: 'javascript:alert(1)', confirmPublic: true },
    { provider: 'gcs' },
    { bucket: 'x'.repeat(256) },
    { region: 'x'.repeat(65) },
    { key: 'x'.repeat(513) },
    { forcePathStyle: 'yes' },
  ]
  for (const one of bad) assert.equal((await put(one)).status, 400, JSON.stringify(one))
})

test('private endpoints are taken where the operator allows them, and credentials come from the environment', async () => {
  const env = { ALLOW_PRIVATE_ADDRESSES: 'true', APP_LIVE_S3_KEY: 'from-env', APP_LIVE_S3_SECRET: 'secret-env' }
  await using hub = await Hub.start({ env })
  const put = await hub.call('PUT /apps/live/s3', {
    body: { provider: 'minio', bucket: 'b', endpoint: 'http://127.0.0.1:9000', forcePathStyle: true },
  })
  assert.deepEqual([put.status, put.body.data.configured, put.body.data.keyMasked], [200, true, 'fr***nv'])
  const { apps } = hub.server.runtime.core
  assert.equal(apps.get('live').s3()?.secretAccessKey, 'secret-env')
  // Another app can not name them as its own.
  await hub.call('POST /apps', { body: { name: 'thief' } })
  const yaml = 'name: thief\nroom_prefix: thief\ns3: { bucket: b, access_key_env: APP_LIVE_S3_KEY, secret_key_env: PATCHBAY_API_TOKEN }\n'
  assert.equal((await hub.call('PUT /apps/thief/config/raw', { body: { yaml } })).status, 200)
  assert.equal(apps.get('thief').s3(), undefined)
})
