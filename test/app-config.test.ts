import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listBackups, readBackup, takeBackup } from '../core/app/config-backups.ts'
import { changeConfig } from '../core/app/config-change.ts'
import { parseConfig } from '../core/app/config-yaml.ts'
import { lineDiff } from '../core/app/line-diff.ts'
import { newConfigText } from '../core/app/new-config.ts'
import { CONFIG_PRESETS, presetLines } from '../core/app/presets.ts'

const BASE = 'name: acme\nroom_prefix: acme\n'
const code = (wanted: string) => (error: unknown) => (error as { code?: string }).code === wanted

test('a new file says everything, passes through, and reads back without a warning', () => {
  const text = newConfigText('acme', { displayName: 'Acme', features: { chat: true } })
  const { config, warnings } = parseConfig('acme', text)
  assert.deepEqual(warnings, [])
  assert.deepEqual([config.displayName, config.features.chat, config.transcoding.enabled], ['Acme', true, false])
  assert.match(text, /access_key_env: APP_ACME_S3_KEY/)
  assert.match(text, /password_env: APP_ACME_MQTT_PASSWORD/)
  assert.doesNotMatch(text, /ws_ingest|distribution|hls/)
})

test('a file without a transcoding block goes by what rtmp says, also after the block has come', () => {
  const enabled = (text: string) => parseConfig('acme', text).config.transcoding.enabled
  assert.deepEqual([enabled(BASE), enabled(`${BASE}rtmp: { transcode: false }\n`)], [true, false])
  assert.deepEqual([enabled(`${BASE}transcoding: { hwaccel: cpu }\n`), enabled(`${BASE}transcoding:\n`)], [false, true])
  const { text, changed } = changeConfig('acme', BASE, { transcoding: { vodAdaptive: true } })
  assert.deepEqual(changed, ['transcoding.enabled', 'transcoding.vod_adaptive'])
  assert.equal(enabled(text), true)
})

test('what is not understood has its default, and a warning names it', () => {
  const { config, warnings } = parseConfig(
    'acme',
    `${BASE}transcoding: { encoding: av7 }\nwebrtc: { layers: [{ name: x }, { name: y, height: 9 }] }\nmqtt: yes\nrecording: { split_minutes: 7, local_dir: ../../etc }\n`,
  )
  assert.deepEqual([config.transcoding.encoding, config.webrtc.layers.length, config.mqtt.enabled], ['h264', 3, false])
  assert.deepEqual([config.recording.splitMinutes, config.recording.localDir], [0, 'recordings'])
  for (const key of ['transcoding.encoding', 'webrtc.layers.0.height', 'mqtt', 'recording.split_minutes', 'recording.local_dir'])
    assert.ok(
      warnings.some((warning) => warning.startsWith(`${key}:`)),
      `${key} in ${warnings.join('\n')}`,
    )
})

test('secrets in the file, and a missing prefix, are told', () => {
  const { warnings } = parseConfig('acme', 's3: { key: AKIA, secret: "" }\nmqtt: { password: p }\ncallbacks: { secret: s }\n')
  assert.deepEqual(
    warnings.map((warning) => warning.split(':')[0]),
    ['s3.key', 'mqtt.password', 'callbacks.secret', 'room_prefix'],
  )
})

test('what is no configuration is refused, and hostile YAML too', () => {
  const bomb = `a: &a [${'x,'.repeat(50)}x]\n${[...'bcdefgh'].map((k, i) => `${k}: &${k} [${`*${'abcdefg'[i]},`.repeat(20)}*${'abcdefg'[i]}]`).join('\n')}\n`
  const bad = [
    'a: [',
    '- a',
    'text',
    'name: other',
    's3: 5',
    'recording: [1]',
    'a: 1\na: 2',
    bomb,
    `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  ]
  for (const text of bad) assert.throws(() => parseConfig('acme', text), code('APP_CONFIG_INVALID'), text.slice(0, 40))
  assert.deepEqual({}.constructor, Object)
  assert.equal(parseConfig('acme', '__proto__: { displayName: x }\nroom_prefix: acme\n').config.displayName, 'acme')
})

test('a change keeps comments and keys that are not ours, and makes room where something else stood', () => {
  const before = `# mine\n${BASE}custom: { deep: [1, 2] } # stays\nrtmp: nonsense\nbase: &base { transcode: false }\nfeatures: # flags\n  chat: false\n`
  const { text, changed } = changeConfig('acme', before, { rtmp: { transcode: false }, features: { chat: true, wsIngest: { maxFps: 5 } } })
  assert.deepEqual(changed, ['rtmp.transcode', 'features.chat', 'features.ws_ingest.max_fps'])
  for (const kept of ['# mine', '# stays', 'custom: { deep: [ 1, 2 ] }', '# flags', 'ws_ingest:\n    max_fps: 5'])
    assert.ok(text.includes(kept), `${kept} in\n${text}`)
  assert.deepEqual(changeConfig('acme', text, { features: { chat: true } }), { text, changed: [] })
  const aliased = changeConfig('acme', `${BASE}other: &other { transcode: true, extra: 1 }\nrtmp: *other\n`, { rtmp: { transcode: false } })
  assert.deepEqual([parseConfig('acme', aliased.text).config.rtmp.transcode, /extra: 1[\s\S]*extra: 1/.test(aliased.text)], [false, true])
})

test('an impossible value is refused by the name of its key', () => {
  assert.throws(
    () => changeConfig('acme', BASE, { viewers: { maxPerRoom: -1 } }),
    (error: unknown) => code('INPUT_INVALID')(error) && (error as { details: { field: string } }).details.field === 'viewers.maxPerRoom',
  )
})

test('each preset changes a new file once', () => {
  for (const { name, change } of CONFIG_PRESETS) {
    const fresh = newConfigText('acme', {})
    const { text, changed } = changeConfig('acme', fresh, change)
    assert.ok(changed.length > 0, name)
    assert.deepEqual(parseConfig('acme', text).warnings, [])
    assert.deepEqual(changeConfig('acme', text, change).changed, [], name)
    for (const kept of ['name', 'display_name', 'room_prefix', 's3', 'callbacks']) assert.ok(!changed.some((key) => key.startsWith(kept)))
  }
  assert.ok(
    presetLines(CONFIG_PRESETS[1] as (typeof CONFIG_PRESETS)[number]).includes('transcoding.vod_renditions: 1080/5000, 720/2800, 480/1400'),
  )
})

test('a diff holds every line of both texts, however many there are', () => {
  assert.equal(lineDiff('a\nb\n', 'a\nb\n'), '')
  assert.equal(lineDiff('a\nb\nc\n', 'a\nx\nc\n'), '  a\n- b\n+ x\n  c')
  assert.equal(lineDiff('', 'a\n'), '+ a')
  const lines = (from: number) => Array.from({ length: 30_000 }, (_, i) => `${from + i}`).join('\n')
  assert.equal(lineDiff(lines(0), lines(1_000_000)).split('\n').length, 60_000)
})

test('the last twenty backups are kept, newest first, and only stamps lead to them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-backups-'))
  t.after(() => rm(folder, { recursive: true }))
  for (let number = 1; number <= 25; number++) await takeBackup(folder, `number: ${number}\n`)
  const backups = await listBackups(folder)
  assert.deepEqual([backups.length, (await readdir(folder)).length], [20, 20])
  assert.deepEqual(await Promise.all(backups.slice(0, 2).map(({ stamp }) => readBackup(folder, stamp))), ['number: 25\n', 'number: 24\n'])
  for (const { stamp, file, createdAt } of backups) {
    assert.match(stamp, /^\d{8}T\d{9}Z$/)
    assert.equal(file, `config.yaml.bak.${stamp}`)
    assert.equal(createdAt.toISOString().replace(/[-:.]/g, ''), stamp)
  }
  for (const stamp of ['../config.yaml', '20260131T235959123Z', '20260131T235959123Z/../x', ''])
    await assert.rejects(readBackup(folder, stamp), code('NOT_FOUND'), stamp)
})
