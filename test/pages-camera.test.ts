import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { connect, createKey, type Device, pictures, startServer } from '../plugins/ws-mjpeg/test-devices.ts'
import type { TestRuntime } from './harness.ts'
import { PagesBrowser } from './pages-browser.ts'

let server: TestRuntime
let browser: PagesBrowser
let frames: Buffer[]
before(async () => {
  server = await startServer({}, { MAX_SUBS_PER_ROOM: '2' })
  browser = await PagesBrowser.open()
  frames = pictures(20)
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function camera(room: string): Promise<Device> {
  const { secret } = await createKey(server, room)
  const device = await connect(server, room, secret)
  device.play(frames, 5)
  return device
}

const state = (page: Page, name: string) => page.waitForSelector(`html[data-state=${name}]`, { state: 'attached' })
const pictureShown = (page: Page) => page.waitForSelector('html[data-state=live][data-camera]', { state: 'attached' })

test('the page goes from a camera to WebRTC and back, as they come and go, and is never loaded again', { timeout: 90_000 }, async () => {
  const { core } = server.runtime
  core.overlays.show('clock', core.apps.get('live'), [{ text: 'Good evening', position: 'TOP_LEFT' }])
  const page = await browser.page(`${server.url}/play/live/yard`)
  await page.evaluate('window.loadedOnce = true')
  await state(page, 'waiting')

  const first = await camera('yard')
  await pictureShown(page)
  assert.equal(await page.isVisible('#video'), false)
  await page.locator('.overlay', { hasText: 'Good evening' }).waitFor()
  await page.locator('#viewers', { hasText: '1 viewer' }).waitFor()
  assert.equal(await page.isVisible('#mute'), false)

  await first.close()
  await state(page, 'ended')
  await server.until<{ rooms: { viewers: { edges: unknown[] } }[] }>('{ rooms { viewers { edges { node { id } } } } }', ({ rooms }) =>
    rooms.every(({ viewers }) => viewers.edges.length === 0),
  )
  const publisher = await browser.publish(server.url, 'live/yard')
  await state(page, 'live')
  assert.equal(await page.evaluate('document.getElementById("video").videoWidth'), 640)
  assert.equal(await page.isVisible('#picture'), false)
  assert.ok(await page.isVisible('#mute'))

  using _second = await camera('yard')
  await publisher.close({ runBeforeUnload: true })
  await pictureShown(page)
  assert.equal(await page.isVisible('#still'), false)
  assert.equal(await page.evaluate('window.loadedOnce'), true)
  core.overlays.show('clock', core.apps.get('live'), [])
  await page.close()
})

test('a picture that stands still is noticed, and that it moves again', { timeout: 60_000 }, async () => {
  const { secret } = await createKey(server, 'gate')
  using device = await connect(server, 'gate', secret)
  device.send(frames[0]!)
  const page = await browser.page(`${server.url}/play/live/gate`)
  await pictureShown(page)
  // The browser itself shows the first picture when the second begins.
  await page.waitForSelector('#picture[style*="blob:"]')
  await page.locator('#pill', { hasText: 'Standing still' }).waitFor()
  assert.equal(await page.isVisible('#cover'), false)
  device.play(frames, 5)
  await page.locator('#pill', { hasText: 'Live' }).waitFor()
  await page.close()
})

test('who finds the room full is told so, and gets the picture when somebody has left', { timeout: 60_000 }, async () => {
  using _device = await camera('full')
  const inside = [await browser.page(`${server.url}/embed/live/full`), await browser.page(`${server.url}/embed/live/full`)]
  await Promise.all(inside.map(pictureShown))
  const page = await browser.page(`${server.url}/play/live/full`)
  await page.locator('#cover', { hasText: 'Not possible at the moment' }).waitFor()
  await Promise.all(inside.map((one) => one.close()))
  await pictureShown(page)
  await page.close()
})

test('a token is renewed before it ends, whatever the clock of the machine says', { timeout: 30_000 }, async () => {
  const page = await browser.page(`${server.url}/pages/publish.html`)
  const asked = await page.evaluate(`(async () => {
    const { PlayToken } = await import('/pages/play-token.js')
    const { fetch, Date: { now } } = window
    let asked = 0
    window.fetch = (...request) => { asked++; return fetch(...request) }
    const counts = []
    // A machine whose clock is years ahead, first at once, then after five hours, then after six.
    for (const hours of [0, 5, 6]) {
      Date.now = () => now() + (50_000 + hours) * 3_600_000
      window.playToken ??= new PlayToken({ app: 'live', room: 'yard' })
      await window.playToken.get()
      counts.push(asked)
    }
    return counts
  })()`)
  assert.deepEqual(asked, [1, 1, 2])
  await page.close()
})

test('the first page shows cameras among what is live, with their last picture', { timeout: 30_000 }, async () => {
  using _device = await camera('porch')
  const page = await browser.page(server.url)
  const card = page.locator('.card', { hasText: 'porch' })
  await card.locator('img').waitFor()
  assert.match((await card.textContent()) ?? '', /live \/ porch.*camera/)
  assert.equal(await card.locator('a').getAttribute('href'), '/play/live/porch')
  await page.close()
})
