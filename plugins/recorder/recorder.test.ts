import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { Ffmpeg } from '../rtmp/test-encoders.ts'
import { decoded, longestGap, packetsOf, RecorderGround } from './test-ground.ts'

for (const codec of ['H264', 'VP8', 'VP9', 'AV1']) {
  test(`what a browser publishes as ${codec} is a file that can be sought in`, { timeout: 40_000 }, async () => {
    await using ground = await RecorderGround.start()
    await using browser = await PagesBrowser.open()
    await browser.publish(ground.server.url, 'live/yard', { videoType: `video/${codec}`, widthPx: 640, heightPx: 360 })
    const started = await ground.record({ identity: 'publisher' })
    assert.equal(started.state, 'RECORDING')
    await ground.grown(started, 60_000)
    assert.equal((await ground.stop(started)).state, 'UPLOADING')
    const row = await ground.settled(started)
    assert.deepEqual([row.state, row.widthPx, row.codec], ['READY', 640, codec.toLowerCase()], ground.server.log.slice(-10).join('\n'))
    assert.match(row.file ?? '', codec === 'VP8' ? /\.webm$/ : /\.mp4$/)
    assert.equal(row.snapshotKey, `snapshots/${row.file?.replace(/\.\w+$/, '.jpg')}`)
    const packets = await packetsOf(ground.path(row))
    assert.ok(longestGap(packets, 'audio') < 0.05, `a gap of ${longestGap(packets, 'audio')} s in the sound`)
    assert.ok((await decoded(ground.path(row))) >= 10)
  })
}

test('what an encoder sends by RTMP is in the file frame by frame', { timeout: 40_000 }, async () => {
  await using ground = await RecorderGround.start()
  await using _camera = new Ffmpeg(`${ground.rtmpUrl}/live/yard`)
  await ground.publisher()
  const started = await ground.record()
  await ground.grown(started, 500_000)
  await ground.stop(started)
  const row = await ground.settled(started)
  const packets = await packetsOf(ground.path(row))
  assert.ok(longestGap(packets, 'video') < 0.05, `a gap of ${longestGap(packets, 'video')} s in the picture`)
  assert.ok(longestGap(packets, 'audio') < 0.05, `a gap of ${longestGap(packets, 'audio')} s in the sound`)
  assert.equal(await decoded(ground.path(row)), packets.filter(({ kind }) => kind === 'video').length)
})
