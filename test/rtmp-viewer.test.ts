import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { use } from '../plugins/kit/define-config.ts'
import { Ffmpeg, flows, type RtmpGround, startRtmp, untilSessions } from '../plugins/rtmp/test-encoders.ts'
import type whip from '../plugins/whip/plugin.ts'
import { type Watched, watchRoom } from './watch-room.ts'
import { type Browser, openBrowser } from './whip-browser.ts'

let ground: RtmpGround
let browser: Browser
before(async () => {
  ;[ground, browser] = await Promise.all([startRtmp({}, { plugins: [use<typeof whip>('./plugins/whip/plugin.ts')] }), openBrowser()])
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await ground[Symbol.asyncDispose]()
})

const watch = (page: Page, room: string, forMs: number): Promise<Watched> =>
  watchRoom(page, `${ground.runtime.url}/whep/live/${room}`, forMs)

test('a viewer who comes late in a long GOP has a picture within 500 ms, and it never stops', async () => {
  await using _camera = new Ffmpeg(`${ground.url}/live/late`, { gopMs: 4_000, size: '1280x720', bitrate: '3M' })
  await untilSessions(ground, ([one]) => one?.gopMs != null, 15_000)
  const keyframeAt = performance.now()

  const seen: Watched[] = []
  for (const positionMs of [3_400, 1_500, 2_000]) {
    const page = await browser.page()
    await wait((4_000 + positionMs - ((performance.now() - keyframeAt) % 4_000)) % 4_000)
    seen.push(await watch(page, 'late', 5_000))
    await page.close()
  }
  // The browser runs on the same few cores as everything else, and is not always quick itself.
  const waits = seen.map(({ firstPictureMs }) => firstPictureMs)
  assert.ok(Math.min(...waits) < 500 && Math.max(...waits) < 1_500, `the first pictures took ${waits} ms`)
  assert.deepEqual(
    seen.map(({ packetsLost }) => packetsLost),
    [0, 0, 0],
  )
  const stills = seen.map(({ longestMs }) => longestMs)
  assert.ok(Math.max(...stills) < 1_900, `one picture stood for ${stills} ms`)
  // Whoever came is on the source by now, and nothing is encoded for nobody.
  await ground.runtime.until<{ tasks: { name: string }[] }>('{ tasks { name } }', ({ tasks }) =>
    tasks.every(({ name }) => !name.endsWith('bridge')),
  )
})

for (const bFrames of [0, 2]) {
  test(`picture and sound are seen and heard together${bFrames > 0 ? ', transcoded' : ''}`, async () => {
    await using camera = new Ffmpeg(`${ground.url}/live/sync${bFrames}`, { bFrames })
    await untilSessions(ground, (sessions) => sessions.some((one) => one.room === `live-sync${bFrames}` && flows(one)))
    const page = await browser.page()
    const seen = await watch(page, `sync${bFrames}`, 12_000)
    await page.close()
    assert.ok(seen.framesDecoded > 300, `${seen.framesDecoded} frames`)
    assert.equal(seen.packetsLost, 0)
    assert.ok(seen.longestMs < 1_900, `one picture stood for ${seen.longestMs} ms`)
    assert.ok(seen.audioEnergy > 0)
    // Browsers bring sound and picture together step by step, over some seconds.
    assert.ok(Math.abs(seen.soundLateMs) < 150, `sound is ${seen.soundLateMs} ms late`)
    await camera.stop()
  })
}

test('who waits in an empty room sees the publisher long before its second keyframe', async () => {
  const page = await browser.page()
  // A room can be watched while somebody is in it; the first publisher leaves again.
  await using first = new Ffmpeg(`${ground.url}/live/again`, { gopMs: 8_000 })
  await untilSessions(ground, (sessions) => sessions.some((one) => one.room === 'live-again' && flows(one)))
  const watching = watch(page, 'again', 16_000)
  const framesDecoded = () => page.evaluate<number>('globalThis.framesDecoded?.() ?? 0')
  while ((await framesDecoded()) < 10) await wait(50)
  await first.stop()
  await untilSessions(ground, (sessions) => sessions.every((one) => one.room !== 'live-again'))
  const before = await framesDecoded()

  await using _second = new Ffmpeg(`${ground.url}/live/again`, { gopMs: 8_000 })
  await untilSessions(ground, (sessions) => sessions.some((one) => one.room === 'live-again' && flows(one, 1)))
  const from = performance.now()
  while ((await framesDecoded()) < before + 10) {
    assert.ok(performance.now() - from < 5_000, 'no picture within 5 s')
    await wait(50)
  }
  await watching
  await page.close()
})
