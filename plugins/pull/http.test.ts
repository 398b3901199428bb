import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flows, pullFrom, startPulling, untilPull } from './test-ground.ts'
import { H264, H264_B_FRAMES } from './test-rtsp-server.ts'
import { TestWeb } from './test-web-server.ts'

const AAC = '-c:a aac'

for (const [name, file, args, transcoded] of [
  ['an HLS playlist', 'live.m3u8', `${H264} ${AAC} -hls_time 1 -hls_list_size 0 -f hls`, false],
  ['an mp4 without B-frames', 'plain.mp4', `${H264} ${AAC}`, false],
  ['an mp4 with B-frames', 'clip.mp4', `${H264_B_FRAMES} ${AAC} -movflags +faststart`, true],
  ['a WebM', 'clip.webm', '-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus', true],
  ['a transport stream', 'clip.ts', `${H264} ${AAC} -f mpegts`, false],
] as const) {
  test(`${name} is played to its end, in real time`, { timeout: 60_000 }, async () => {
    await using web = await TestWeb.start()
    const url = web.make(file, { args })
    await using runtime = await startPulling()
    const from = performance.now()
    await pullFrom(runtime, url)
    const live = await untilPull(runtime, (one) => flows(one))
    assert.deepEqual([live.state, live.participant?.kind, live.transcoded], ['LIVE', 'URL', transcoded])
    const done = await untilPull(runtime, ({ state }) => state === 'COMPLETE')
    assert.ok(performance.now() - from > 3_500, 'it took as long as it lasts')
    assert.deepEqual([done.participant, done.lastError], [null, null])
    const { ingresses } = await runtime.graphql<{ ingresses: { status: string }[] }>('{ ingresses { status } }')
    assert.equal(ingresses[0]?.status, 'COMPLETE')
  })
}
