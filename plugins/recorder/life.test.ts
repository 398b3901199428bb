import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CallbackReceiver } from '../../test/callback-receiver.ts'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { decoded, packetsOf, RecorderGround } from './test-ground.ts'

test('a webhook is told all that becomes of a recording, in order', { timeout: 60_000 }, async () => {
  await using receiver = await CallbackReceiver.start()
  await using ground = await RecorderGround.start({}, { env: { ALLOW_PRIVATE_ADDRESSES: 'true' } })
  const { core } = ground.server.runtime
  await core.apps.update('live', { callbacks: { url: receiver.url } })
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  const identity = await ground.publisher()
  const started = await ground.record({ snapshotSeconds: 1 })
  await ground.grown(started, 300_000)
  await ground.stop(started)
  const row = await ground.settled(started)
  const told = () => receiver.callbacks.map(({ json }) => json).filter(({ data }) => data.vodId === row.number)
  await ground.server.until('{ __typename }', () => told().some(({ event }) => event === 'recording_ready'))

  const events = told().map(({ event }) => event)
  assert.equal(events[0], 'recording_started')
  assert.deepEqual(events.slice(-2), ['vod_ready', 'recording_ready'])
  assert.ok(events.filter((event) => event === 'snapshot_taken').length >= 2, 'while it runs, and one in the end')
  const about = { vodId: row.number, app: 'live', room: 'live-yard', streamId: `live-yard/${identity}` }
  assert.deepEqual(told()[0]?.data, { ...about, egressId: row.id, mode: 'participant', splitMinutes: 0, snapshotSeconds: 1 })
  const [vod, ready] = told().slice(-2)
  assert.deepEqual(ready?.data, { ...vod?.data, partIndex: 0, sessionId: row.session, split: false })
  const { width, height, format, sizeBytes, snapshotKey } = vod?.data ?? {}
  assert.deepEqual([width, height, format, sizeBytes, snapshotKey], [640, 360, 'mp4', row.sizeBytes, row.snapshotKey])
  const snapshots = join(core.apps.get('live').folder, 'snapshots')
  for (const name of readdirSync(snapshots)) assert.equal(readFileSync(join(snapshots, name)).readUInt16BE(0), 0xffd8)
  await ground.server.graphql(`mutation { deleteRecording(app: "live", id: "${row.id}") { id } }`)
  assert.deepEqual(readdirSync(snapshots), [])
  assert.equal(existsSync(ground.path(row)), false)
})

test('it ends with the room, stopping is idempotent, and nothing recorded has failed', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start({ graceMs: 300 })
  await using camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, 100_000)
  ground.server.runtime.core.rooms.get('live-yard').close('REQUESTED')
  await camera.stop()
  assert.equal((await ground.settled(started)).state, 'READY')
  assert.equal((await ground.stop(started)).state, 'READY')
  assert.equal((await ground.stop(started)).state, 'READY')
  const { tasks } = await ground.server.graphql<{ tasks: { type: string }[] }>('{ tasks { type } }')
  assert.equal(tasks.filter(({ type }) => type === 'RECORDING').length, 0)
})

test('a source that comes back within the grace, smaller than before, goes on in the same file', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start()
  const before = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, 300_000)
  await before.stop()
  await using _after = new Ffmpeg(`${ground.rtmpUrl}/live/yard`, { size: '320x180' })
  await ground.grown(started, 450_000)
  await ground.stop(started)
  const row = await ground.settled(started)
  assert.equal((await ground.rows()).length, 1)
  const pictures = (await packetsOf(ground.path(row))).filter(({ kind }) => kind === 'video')
  assert.equal(await decoded(ground.path(row)), pictures.length)
  assert.ok(pictures.reduce((sum, { bytes }) => sum + bytes, 0) > 350_000)
})

test('sound alone and picture alone are recordings, too', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start()
  await using _sound = new Ffmpeg(`${ground.rtmpUrl}/live/yard`, { video: 'none' })
  await using _picture = new Ffmpeg(`${ground.rtmpUrl}/live/barn`, { audio: 'none' })
  await Promise.all([ground.publisher('yard', 1), ground.publisher('barn', 1)])
  const sound = await ground.record()
  const picture = await ground.record({ room: 'barn' })
  await ground.grown(sound, 20_000)
  await ground.grown(picture, 200_000)
  await Promise.all([ground.stop(sound), ground.stop(picture)])
  assert.deepEqual([(await ground.settled(sound)).codec, (await ground.settled(picture)).codec], ['opus', 'h264'])
})

test('the quota ends it, and what was recorded is kept', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start({ meterMs: 200 })
  const { core } = ground.server.runtime
  await core.tenants.create('acme', { maxRecordingMinutesMonth: 10 })
  await core.apps.create('acme', { tenant: 'acme' })
  ground.app = 'acme'
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/acme/yard`)
  await ground.publisher()
  core.quotas.use('acme', 'maxRecordingMinutesMonth', 9.96)
  const row = await ground.settled(await ground.record(), 20_000)
  assert.equal(row.state, 'READY')
  assert.ok((row.durationMs ?? 0) > 500 && (row.durationMs ?? 0) < 8_000, `${row.durationMs} ms`)
  await assert.rejects(ground.record(), /QUOTA_EXCEEDED/)
})

test('a rule records whoever publishes in rooms it is about, and ends with it', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start()
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const set = 'mutation ($input: RecordingRuleInput!) { rule: setRecordingRule(app: "live", input: $input) { id room keepDays } }'
  const { rule } = await ground.server.graphql<{ rule: { id: string } }>(set, { input: { room: 'ya*', mode: 'PARTICIPANT', keepDays: 3 } })
  for (const input of [
    { room: '' },
    { room: 'x', from: '25:00', to: '26:00' },
    { room: 'x', from: '10:00' },
    { room: 'x', timeZone: 'Mars' },
  ]) {
    await assert.rejects(ground.server.graphql(set, { input }), /INPUT_INVALID/)
  }
  type Data = { recordings: { nodes: { id: string }[] } }
  const { recordings } = await ground.server.until<Data>(
    '{ recordings(app: "live") { nodes { id } } }',
    (data) => data.recordings.nodes.length === 1,
  )
  const [row] = recordings.nodes
  assert.ok(row)
  await ground.grown(row, 100_000)
  await ground.server.graphql(`mutation { deleteRecordingRule(app: "live", id: "${rule.id}") { id } }`)
  assert.equal((await ground.settled(row)).state, 'READY')
})
