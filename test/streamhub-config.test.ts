import assert from 'node:assert/strict'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Hub } from './streamhub-support.ts'

const YAML = '# by hand\nname: live\nroom_prefix: live\ncustom: { deep: 1 }\nwebrtc:\n  layers:\n    - { name: only, height: 540 }\n'

test('the view of the configuration, and its changes', async () => {
  await using hub = await Hub.start()
  const read = async () => (await hub.call('GET /apps/live/config')).body
  const patch = (body: unknown) => hub.call('PATCH /apps/live/config', { body })
  const { hwaccelResolved, ...transcoding } = (await read()).transcoding
  assert.deepEqual(transcoding, { enabled: false, encoding: 'h264', vodAdaptive: false, vodRenditions: [], hwaccel: 'auto' })
  assert.equal(hwaccelResolved.requested, 'auto')
  assert.ok(['gpu', 'cpu'].includes(hwaccelResolved.effective) && ['nvidia', 'vaapi', 'none'].includes(hwaccelResolved.type))
  const { app, adaptive, layers, rtmp, features } = await read()
  const ladder = [
    { name: 'high', height: 720 },
    { name: 'med', height: 480 },
    { name: 'low', height: 240 },
  ]
  assert.deepEqual(
    { app, adaptive, layers, rtmp },
    { app: 'live', adaptive: true, layers: ladder, rtmp: { enabled: true, transcode: true } },
  )
  assert.deepEqual(features, {
    rtmpPassword: false,
    viewerCounter: true,
    chat: false,
    reactions: false,
    hiddenQc: true,
    adaptivePlayer: true,
    publicPlayback: true,
    wsIngest: { enabled: true, maxCameras: 0, maxFps: 15, maxFrameKb: 256 },
  })
  assert.deepEqual((await hub.call('GET /apps/live/transcoding/layers')).body, ladder)

  const renditions = [{ height: 720, bitrateKbps: 2800 }]
  const changed = await patch({
    transcodingEnabled: true,
    encoding: 'h264+vp8',
    vodAdaptive: true,
    vodRenditions: renditions,
    layers: [{ name: 'one', height: 360 }],
    hwaccel: 'cpu',
    rtmpTranscode: false,
    adaptive: false,
  })
  assert.equal(changed.status, 200)
  assert.deepEqual(changed.body, await read())
  assert.deepEqual(
    [
      changed.body.transcoding.encoding,
      changed.body.transcoding.vodRenditions,
      changed.body.layers,
      changed.body.adaptive,
      changed.body.rtmp.transcode,
    ],
    ['h264+vp8', renditions, [{ name: 'one', height: 360 }], false, false],
  )
  assert.deepEqual(changed.body.transcoding.hwaccelResolved.effective, 'cpu')

  const bad = [
    { adaptive: 'no' },
    { layers: [] },
    { layers: Array.from({ length: 9 }, () => ({ name: 'a', height: 1 })) },
    { layers: [{ name: 'A', height: 1 }] },
    { layers: [{ name: 'a', height: 4321 }] },
    { vodRenditions: [{ height: 720 }] },
    { vodRenditions: [{ height: 143, bitrateKbps: 100 }] },
    { hwaccel: 'fpga' },
    { encoding: 'av1' },
  ]
  for (const one of bad) assert.equal((await patch(one)).status, 400, JSON.stringify(one))
  const { message } = (
    await patch({
      vodRenditions: [
        { height: 720, bitrateKbps: 200 },
        { height: 720, bitrateKbps: 1 },
      ],
    })
  ).body
  assert.ok(Array.isArray(message) && message[0].startsWith('vodRenditions.1.bitrateKbps'), message)
})

test('the file is read, checked, replaced, backed up and put back', async () => {
  await using hub = await Hub.start()
  const raw = '/apps/live/config/raw' as const
  const { folder } = hub.server.runtime.core.apps.get('live')
  const first = (await hub.call(`GET ${raw}`)).body.data.yaml
  const check = await hub.call(`POST ${raw}/validate`, { body: { yaml: YAML } })
  assert.equal(check.status, 201)
  assert.deepEqual([check.body.data.valid, check.body.data.changed, check.body.data.error, check.body.error], [true, true, null, null])
  assert.ok(check.body.data.diff.split('\n').every((line: string) => /^(?: {2}|- |\+ )/.test(line)))
  const same = (await hub.call(`POST ${raw}/validate`, { body: { yaml: first } })).body.data
  assert.deepEqual(same, { valid: true, warnings: [], error: null, diff: '', changed: false })
  assert.equal((await hub.call(`GET ${raw}`)).body.data.yaml, first)

  const put = await hub.call(`PUT ${raw}`, { body: { yaml: YAML } })
  assert.deepEqual([put.status, put.body], [200, { data: { reloaded: true, warnings: [] }, error: null }])
  assert.equal(await readFile(join(folder, 'config.yaml'), 'utf8'), YAML)
  assert.equal((await stat(join(folder, 'config.yaml'))).mode & 0o777, 0o600)
  assert.deepEqual((await hub.call('GET /apps/live/transcoding/layers')).body, [{ name: 'only', height: 540 }])

  for (const yaml of ['a: [', '- a', '', 'name: other\n', 's3: 1\n', 'recording: []\n']) {
    assert.equal((await hub.call(`PUT ${raw}`, { body: { yaml } })).status, 400, yaml)
    const checked = await hub.call(`POST ${raw}/validate`, { body: { yaml } })
    assert.deepEqual([checked.status, checked.body.data.valid, typeof checked.body.data.error], [201, false, 'string'], yaml)
  }
  for (const body of [{}, { yaml: 5 }, { yaml: 'x'.repeat(100_001) }]) assert.equal((await hub.call(`PUT ${raw}`, { body })).status, 400)
  assert.equal(await readFile(join(folder, 'config.yaml'), 'utf8'), YAML)
  const warned = (await hub.call(`POST ${raw}/validate`, { body: { yaml: 's3: { key: a, secret: b }\nmqtt: { password: c }\n' } })).body
    .data
  assert.equal(warned.warnings.length, 4)

  // A structured change keeps what is not ours, and a backup.
  await hub.call('PATCH /apps/live/config', { body: { adaptive: false } })
  const patched = (await hub.call(`GET ${raw}`)).body.data.yaml
  assert.ok(patched.includes('# by hand') && patched.includes('custom: { deep: 1 }') && patched.includes('adaptive: false'))
  const { data: backups } = (await hub.call('GET /apps/live/config/backups')).body
  assert.equal(backups.length, 2)
  assert.deepEqual(Object.keys(backups[0]).sort(), ['createdAt', 'file', 'sizeBytes', 'ts'])
  const newest = await hub.call(`GET /apps/live/config/backups/${backups[0].ts}`)
  assert.deepEqual(newest.body, { data: { yaml: YAML }, error: null })
  const reverted = await hub.call(`POST /apps/live/config/backups/${backups[1].ts}/revert`)
  assert.deepEqual([reverted.status, reverted.body.data], [201, { reloaded: true, warnings: [] }])
  assert.equal((await hub.call(`GET ${raw}`)).body.data.yaml, first)
  assert.equal((await hub.call('GET /apps/live/config/backups')).body.data.length, 3)
  for (const ts of ['20200101T000000000Z', 'nope', '..%2Fconfig.yaml', '%2e%2e%2f%2e%2e%2fsecrets.json']) {
    assert.equal((await hub.call(`GET /apps/live/config/backups/${ts}`)).status, 404, ts)
    assert.equal((await hub.call(`POST /apps/live/config/backups/${ts}/revert`)).status, 404, ts)
  }
})

test('a file that was edited by hand counts when it is reloaded, unless it can not be used', async () => {
  await using hub = await Hub.start()
  const path = join(hub.server.runtime.core.apps.get('live').folder, 'config.yaml')
  const reload = async () => {
    const { status, body } = await hub.call('POST /apps/live/reload')
    assert.deepEqual([status, body.error], [201, null])
    return body.data
  }
  await writeFile(path, YAML)
  assert.equal((await hub.call('GET /apps/live/config')).body.layers.length, 3)
  assert.deepEqual(await reload(), { reloaded: true, warnings: [] })
  assert.equal((await hub.call('GET /apps/live/config')).body.layers.length, 1)
  await writeFile(path, 'a: [')
  const broken = await reload()
  assert.deepEqual([broken.reloaded, broken.warnings.length], [false, 1])
  assert.equal((await hub.call('GET /apps/live/config')).body.layers.length, 1)
  assert.equal((await hub.call('PATCH /apps/live', { body: { displayName: 'x' } })).status, 400)
  assert.equal((await hub.call('POST /apps/live/presets/low-latency/apply')).status, 400)
  assert.equal((await hub.call('PUT /apps/live/config/raw', { body: { yaml: YAML } })).status, 200)
  if (process.getuid?.() === 0) return
  await chmod(path, 0)
  assert.equal((await reload()).reloaded, false)
})

test('presets are applied once, and leave the rest alone', async () => {
  await using hub = await Hub.start()
  const { data: presets } = (await hub.call('GET /apps/live/presets')).body
  assert.deepEqual(
    presets.map(({ name }: { name: string }) => name),
    ['low-latency', 'high-quality-recording', 'mass-audience-HLS'],
  )
  assert.deepEqual(Object.keys(presets[0]).sort(), ['description', 'name', 'sets', 'title', 'useCase'])
  const apply = async (preset: string) => {
    const { status, body } = await hub.call(`POST /apps/live/presets/${preset}/apply`)
    assert.deepEqual([status, body.error], [201, null])
    return body.data
  }
  const { diff, ...applied } = await apply('low-latency')
  assert.deepEqual(applied, {
    preset: 'low-latency',
    applied: true,
    reloaded: true,
    changed: ['rtmp.transcode', 'distribution.mode', 'hls.segment_seconds', 'hls.list_size'],
    warnings: [],
  })
  assert.match(diff, /^\+ hls:$/m)
  assert.deepEqual(await apply('low-latency'), { ...applied, changed: [], diff: '' })
  assert.equal((await hub.call('GET /apps/live/config/backups')).body.data.length, 1)
  await apply('mass-audience-HLS')
  const { config } = hub.server.runtime.core.apps.get('live')
  assert.deepEqual(
    [config.distribution, config.hls],
    [
      { mode: 'cdn', cdn: { baseUrl: '', vodBaseUrl: '', provider: 'bunny' } },
      { segmentSeconds: 4, listSize: 10 },
    ],
  )
  assert.equal((await hub.call('POST /apps/live/presets/nope/apply')).status, 404)
})

test('who may only read can not write, and nobody reads what is not there', async () => {
  await using hub = await Hub.start()
  const { createToken } = await hub.server.graphql<{ createToken: { secret: string } }>(
    'mutation { createToken(name: "r", grants: [OBSERVE]) { secret } }',
  )
  const token = createToken.secret
  const reads = ['config', 'config/raw', 'config/backups', 'presets', 's3', 'sizes', 'transcoding/layers']
  for (const path of reads) {
    assert.equal((await hub.call(`GET /apps/live/${path}`, { token })).status, 200, path)
    assert.equal((await hub.call(`GET /apps/nope/${path}`)).status, 404, path)
    assert.equal((await hub.call(`GET /apps/live/${path}`, { token: null })).status, 401, path)
  }
  const writes = [
    'PATCH /apps/live',
    'PATCH /apps/live/config',
    'PUT /apps/live/config/raw',
    'POST /apps/live/reload',
    'PUT /apps/live/s3',
  ] as const
  for (const request of [...writes, 'DELETE /apps/live', 'POST /apps/live/presets/low-latency/apply'] as const)
    assert.equal((await hub.call(request, { token, ...(request.startsWith('DELETE') ? {} : { body: {} }) })).status, 403, request)
})
