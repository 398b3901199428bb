import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flows, pullFrom, startPulling, untilPull } from './test-ground.ts'
import { AAC, H264, H264_B_FRAMES, H265, OPUS, PCMA, TestCamera } from './test-rtsp-server.ts'

test('what a camera sends by RTSP is in the room, H.264 as it is and AAC as Opus', { timeout: 40_000 }, async () => {
  await using camera = await TestCamera.start({ credentials: { user: 'admin', password: 'p@ss:1' } })
  await using runtime = await startPulling()
  await pullFrom(runtime, camera.url.replace('p@ss:1', 'p%40ss%3A1'))
  const pull = await untilPull(runtime, (one) => flows(one) && one.bitrateBps > 0 && one.gopMs !== null)
  assert.deepEqual([pull.state, pull.kind, pull.participant?.kind], ['LIVE', 'RTSP', 'RTSP'])
  assert.deepEqual([pull.videoCodec, pull.audioCodec, pull.bFrames, pull.transcoded], ['H264', 'MPEG4-GENERIC', false, false])
  assert.deepEqual(pull.participant?.tracks.map(({ codec }) => codec).sort(), ['H264', 'opus'])
  assert.ok(!runtime.log.join('').includes('p%40ss') && !runtime.log.join('').includes('p@ss'), 'the password is logged nowhere')
})

for (const [name, video, audio, transcoded] of [
  ['H.264 with B-frames', H264_B_FRAMES, AAC, true],
  ['H.265', H265, PCMA, true],
  ['H.264 with Opus', H264, OPUS, false],
] as const) {
  test(`${name} is played by browsers`, { timeout: 40_000 }, async () => {
    await using camera = await TestCamera.start({ video, audio })
    await using runtime = await startPulling()
    await pullFrom(runtime, camera.url)
    const pull = await untilPull(runtime, (one) => flows(one))
    assert.deepEqual([pull.state, pull.transcoded], ['LIVE', transcoded])
  })
}
