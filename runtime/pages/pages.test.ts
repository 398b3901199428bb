import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { use } from '../../plugins/kit/define-config.ts'
import type snapshot from '../../plugins/snapshot/plugin.ts'
import type whip from '../../plugins/whip/plugin.ts'
import { freePort, TEST_TOKEN, TestRuntime } from '../../test/harness.ts'
import { PagesBrowser } from '../../test/pages-browser.ts'

const RECOVERY_MS = 3_000
/** The publisher has to come back first, and the player hears of it at its next attempt. */
const RESTART_RECOVERY_MS = 10_000

function start(env: Record<string, string> = {}): Promise<TestRuntime> {
  const plugins = [use<typeof whip>('./plugins/whip/plugin.ts'), use<typeof snapshot>('./plugins/snapshot/plugin.ts', { cacheMs: 500 })]
  return TestRuntime.start({ plugins, env })
}

const untilState = (page: Page, state: string, timeout = 15_000) =>
  page.waitForSelector(`[data-state=${state}]`, { state: 'attached', timeout })

/** How long it takes until the page is live again, after it has ceased to be. */
async function untilLiveAgain(page: Page): Promise<number> {
  await page.waitForSelector('html:not([data-state=live])', { state: 'attached' })
  const startedAt = performance.now()
  await untilState(page, 'live')
  return performance.now() - startedAt
}

test('the player waits for a stream, shows it, and says when it has ended', { timeout: 60_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()

  const player = await browser.page(`${runtime.url}/play/live/yard`)
  await untilState(player, 'waiting')
  assert.match((await player.textContent('#cover')) ?? '', /Waiting for the stream/)

  const publisher = await browser.publish(runtime.url, 'live/yard')
  await untilState(player, 'live')
  assert.deepEqual(await playing(player), { widthPx: 640, audio: true, video: true })

  await player.click('#figures-toggle')
  await player.locator('#figures-list', { hasText: 'H.264' }).waitFor()
  assert.match((await player.textContent('#figures-list')) ?? '', /640×360/)

  await publisher.close({ runBeforeUnload: true })
  await untilState(player, 'ended')
  await browser.publish(runtime.url, 'live/yard')
  await untilState(player, 'live')
})

test('the player is live again within three seconds, whatever ends its session', { timeout: 90_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()
  await browser.publish(runtime.url, 'live/yard')
  const player = await browser.page(`${runtime.url}/play/live/yard`)
  await untilState(player, 'live')

  const { viewers } = runtime.runtime.core.rooms.find('live-yard') ?? assert.fail('the room is open')
  const closed = untilLiveAgain(player)
  for (const viewer of viewers.values()) viewer.close('REQUESTED')
  assert.ok((await closed) < RECOVERY_MS, `closed by the server: ${await closed} ms`)

  // The picture that stood there stayed there.
  assert.equal(await player.evaluate('document.getElementById("still").width'), 640)
})

test('a restart of the whip plugin is not noticed by who plays', { timeout: 60_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()
  const publisher = await browser.publish(runtime.url, 'live/yard')
  const player = await browser.page(`${runtime.url}/play/live/yard`)
  await untilState(player, 'live')
  const { viewers } = runtime.runtime.core.rooms.find('live-yard') ?? assert.fail('the room is open')
  const [before] = viewers.keys()

  await runtime.runtime.plugins.restart('whip')
  // It hears by the new one that the publisher leaves.
  await publisher.close({ runBeforeUnload: true })
  await untilState(player, 'ended')
  assert.deepEqual([...viewers.keys()], [before])
})

test('the first page shows what is live, with a picture, and what to do while nothing is', { timeout: 60_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()

  const page = await browser.page(runtime.url)
  await untilState(page, 'empty')
  assert.match((await page.textContent('#whip')) ?? '', new RegExp(`^${runtime.url}/whip/live/demo$`))
  assert.match((await page.textContent('#ffmpeg')) ?? '', /rtmp:\/\/127\.0\.0\.1\/live\/demo/)

  const publisher = await browser.publish(runtime.url, 'live/yard')
  await untilState(page, 'live')
  assert.match((await page.textContent('.card')) ?? '', /live \/ yard/)
  assert.equal(await page.getAttribute('.card a', 'href'), '/play/live/yard')
  await page.waitForSelector('.card img')
  assert.equal(await page.evaluate('document.querySelector(".card img").naturalWidth'), 480)

  await publisher.close({ runBeforeUnload: true })
  await untilState(page, 'empty')
  assert.equal(await page.locator('.card').count(), 0)
})

test('where a token is wanted, the pages ask for it and use it', { timeout: 60_000 }, async () => {
  await using runtime = await start()
  await using browser = await PagesBrowser.open()
  await browser.publish(runtime.url, 'live/yard')

  // A token that nobody knows gives less than none.
  const page = await browser.page(`${runtime.url}/?token=mistyped`)
  await untilState(page, 'refused')
  await page.fill('#token-field', TEST_TOKEN)
  await page.click('#token button')
  await untilState(page, 'live')

  const player = await browser.page(`${runtime.url}/play/live/yard#token=mistyped`)
  await untilState(player, 'refused')
  assert.ok(await player.isVisible('#token'))
  await player.fill('#token-field', TEST_TOKEN)
  await player.click('#token button')
  await untilState(player, 'live')
})

test('a browser publishes its camera, and after a restart of the server both ends find back by themselves', {
  timeout: 90_000,
}, async () => {
  await using browser = await PagesBrowser.open()
  const env = { PORT: String(await freePort()) }
  const first = await start(env)
  const publisher = await browser.page(`${first.url}/pages/publish.html?app=live&room=yard`)
  await publisher.click('#camera')
  await untilState(publisher, 'live')
  const player = await browser.page(`${first.url}/play/live/yard`)
  await untilState(player, 'live')

  await first[Symbol.asyncDispose]()
  await player.waitForSelector('html:not([data-state=live])', { state: 'attached' })
  await using _second = await start(env)
  const startedAt = performance.now()
  await Promise.all([untilState(publisher, 'live'), untilState(player, 'live')])
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs < RESTART_RECOVERY_MS, `${tookMs} ms`)

  await publisher.click('#stop')
  await untilState(publisher, 'idle')
  await untilState(player, 'ended')
})

async function playing(page: Page): Promise<{ widthPx: number; audio: boolean; video: boolean }> {
  return page.evaluate(`(() => {
    const { videoWidth, srcObject } = document.getElementById('video')
    return { widthPx: videoWidth, audio: srcObject.getAudioTracks().length === 1, video: srcObject.getVideoTracks().length === 1 }
  })()`)
}
