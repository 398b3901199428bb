import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { decoded, longestGap, packetsOf, RecorderGround } from './test-ground.ts'

/** At least so many parts are ready. */
async function parts(ground: RecorderGround, count: number) {
  type Data = { recordings: { nodes: { state: string }[] } }
  const query = '{ recordings(app: "live") { nodes { state } } }'
  const ready = ({ recordings }: Data) => recordings.nodes.filter(({ state }) => state === 'READY').length
  await ground.server.until<Data>(query, (data) => ready(data) >= count, 40_000)
}

test('a recording of an encoder with fixed keyframes is split between two frames', { timeout: 90_000 }, async () => {
  await using ground = await RecorderGround.start({ splitMs: 2_500 })
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record({ splitMinutes: 15 })
  await parts(ground, 2)
  await ground.stop(started)
  for (const { id } of await ground.rows()) await ground.settled({ id })
  const rows = await ground.rows()
  assert.deepEqual(
    rows.map(({ session, part, state }) => ({ session, part, state })),
    rows.map((_, part) => ({ session: started.session, part, state: 'READY' })),
  )
  for (const { file, part } of rows) assert.match(file ?? '', new RegExp(`^live-yard-.*-\\d{13}-p00${part}\\.mp4$`))
  for (const row of rows) {
    const packets = await packetsOf(ground.path(row))
    const pictures = packets.filter(({ kind }) => kind === 'video')
    assert.equal(pictures[0]?.isKey, true)
    assert.equal(await decoded(ground.path(row)), pictures.length)
    for (const kind of ['video', 'audio'] as const) assert.ok(longestGap(packets, kind) < 0.06, `a gap of ${longestGap(packets, kind)} s`)
  }
  // What lies between two parts is one frame, of 30 in a second: the parts together are as long as the time that passed.
  const [first, second] = await Promise.all(
    rows.slice(0, 2).map(async (row) => (await packetsOf(ground.path(row))).filter(({ kind }) => kind === 'video')),
  )
  for (const part of [first, second]) assert.equal((part?.length ?? 0) % 30, 0, `whole groups of 30 pictures, not ${part?.length}`)
})

test('a browser is asked for the keyframe that a part begins with', { timeout: 90_000 }, async () => {
  await using ground = await RecorderGround.start({ splitMs: 2_000 })
  await using browser = await PagesBrowser.open()
  await browser.publish(ground.server.url, 'live/yard', { videoType: 'video/VP8', widthPx: 320, heightPx: 180 })
  const started = await ground.record({ splitMinutes: 15 })
  await parts(ground, 2)
  // Any part of it names the recording.
  await ground.stop(started)
  for (const { id } of await ground.rows()) await ground.settled({ id })
  for (const row of (await ground.rows()).slice(0, 2)) {
    const packets = await packetsOf(ground.path(row))
    assert.equal(packets.find(({ kind }) => kind === 'video')?.isKey, true)
    assert.ok(longestGap(packets, 'audio') < 0.06)
    assert.ok((row.durationMs ?? 0) < 6_000, `a part of ${row.durationMs} ms`)
  }
})
