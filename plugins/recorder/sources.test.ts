import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { use } from '../kit/define-config.ts'
import type wsMjpeg from '../ws-mjpeg/plugin.ts'
import { connect, createKey, pictures } from '../ws-mjpeg/test-devices.ts'
import { decoded, packetsOf, RecorderGround } from './test-ground.ts'

test('a camera that sends JPEGs makes a track for its recording', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start({}, { plugins: [use<typeof wsMjpeg>('./plugins/ws-mjpeg/plugin.ts')] })
  const { secret } = await createKey(ground.server, 'yard')
  using camera = await connect(ground.server, 'yard', secret)
  camera.play(pictures(10, '640x360'), 10)
  const started = await ground.record()
  await ground.grown(started, 50_000)
  await ground.stop(started)
  const row = await ground.settled(started)
  assert.deepEqual([row.state, row.widthPx, row.codec], ['READY', 640, 'h264'])
  assert.ok((await decoded(ground.path(row))) >= 5)
})

test('who comes back with another codec goes on in another part', { timeout: 60_000 }, async () => {
  await using ground = await RecorderGround.start()
  await using browser = await PagesBrowser.open()
  const shape = { widthPx: 320, heightPx: 180 }
  const page = await browser.publish(ground.server.url, 'live/yard', { ...shape, videoType: 'video/VP8' })
  const started = await ground.record()
  await ground.grown(started, 40_000)
  await page.close()
  await ground.server.until<{ participants: unknown[] }>('{ participants { id } }', ({ participants }) => participants.length === 0, 20_000)
  await browser.publish(ground.server.url, 'live/yard', { ...shape, videoType: 'video/H264' })
  type Data = { recordings: { nodes: { id: string; part: number }[] } }
  const query = '{ recordings(app: "live") { nodes { id part } } }'
  const { recordings } = await ground.server.until<Data>(query, (data) => data.recordings.nodes.length === 2, 20_000)
  const [second] = recordings.nodes
  assert.equal(second?.part, 1)
  await ground.grown(second, 30_000)
  await ground.stop(started)
  const rows = await Promise.all([started, second].map((row) => ground.settled(row)))
  assert.deepEqual(
    rows.map(({ codec, session, state }) => ({ codec, session, state })),
    ['vp8', 'h264'].map((codec) => ({ codec, session: started.session, state: 'READY' })),
  )
  for (const row of rows) assert.ok((await packetsOf(ground.path(row))).length > 50)
})
