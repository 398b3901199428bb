import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TestRuntime } from '../../test/harness.ts'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { use } from '../kit/define-config.ts'
import type whip from '../whip/plugin.ts'
import { probe } from './ffmpeg.ts'
import type recorder from './plugin.ts'

const START = 'mutation { startRecording(app: "live", input: { room: "yard", identity: "publisher" }) { id number state } }'

for (const codec of ['H264', 'VP8', 'VP9']) {
  test(`what a browser publishes as ${codec} is a file`, { timeout: 40_000 }, async () => {
    await using runtime = await TestRuntime.start({
      plugins: [use<typeof whip>('./plugins/whip/plugin.ts'), use<typeof recorder>('./plugins/recorder/plugin.ts')],
    })
    await using browser = await PagesBrowser.open()
    await browser.publish(runtime.url, 'live/yard', { videoType: `video/${codec}`, widthPx: 640, heightPx: 360 })
    const { startRecording } = await runtime.graphql<{ startRecording: { id: string; state: string } }>(START)
    assert.equal(startRecording.state, 'RECORDING')
    await delay(3_000)
    await runtime.graphql(`mutation { stopRecording(app: "live", id: "${startRecording.id}") { state } }`)
    const { recording } = await runtime.until<{ recording: { state: string; file: string } }>(
      `{ recording(app: "live", id: "${startRecording.id}") { state file } }`,
      (data) => data.recording.state === 'READY' || data.recording.state === 'FAILED',
    )
    assert.equal(recording.state, 'READY', runtime.log.slice(-10).join('\n'))
    const { folder } = runtime.runtime.core.apps.get('live')
    const facts = await probe(join(folder, 'recordings', recording.file))
    assert.equal(facts?.widthPx, 640)
  })
}
