import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { use } from '../plugins/kit/define-config.ts'
import type rtmp from '../plugins/rtmp/plugin.ts'
import { Ffmpeg } from '../plugins/rtmp/test-encoders.ts'
import { freePort, TestRuntime } from './harness.ts'

let server: TestRuntime
let browser: Browser
let rtmpPort: number
const faults: Error[] = []

before(async () => {
  rtmpPort = await freePort()
  server = await TestRuntime.start({ plugins: [use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: rtmpPort })] })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--auto-accept-this-tab-capture',
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
      '--disable-renderer-backgrounding',
      '--disable-background-timer-throttling',
      '--disable-gpu',
    ],
  })
})
after(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
  assert.deepEqual(faults, [], 'the pages had faults')
})

async function open(room: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 720 }, ...options })).newPage()
  page.on('pageerror', (error) => faults.push(error))
  await page.goto(`${server.url}/meet/live/${room}`)
  return page
}

async function join(room: string, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await open(room, options)
  await page.fill('#name', name)
  await page.click('#enter')
  await page.waitForSelector('[data-state="live"]')
  return page
}

/** Waits until a page shows somebody's moving picture. */
async function sees(page: Page, name: string): Promise<void> {
  const tile = page.locator('.tile', { has: page.locator(`.name:text-is("${name}")`) })
  await tile.and(page.locator('[data-picture]')).waitFor()
  await tile.locator('video').evaluate('video => new Promise((resolve) => video.requestVideoFrameCallback(resolve))')
}

test('three people see each other, chat, mute, and leave', async () => {
  const [ada, grace, edith] = await Promise.all([join('three', 'Ada'), join('three', 'Grace'), join('three', 'Edith')])
  await Promise.all([
    sees(ada, 'Grace'),
    sees(ada, 'Edith'),
    sees(grace, 'Ada'),
    sees(grace, 'Edith'),
    sees(edith, 'Ada'),
    sees(edith, 'Grace'),
  ])

  const { room } = await server.graphql<{ room: { tracks: { source: string }[]; participants: { kind: string }[] } }>(
    '{ room(name: "live-three") { tracks { source } participants { kind } } }',
  )
  assert.deepEqual(room.tracks.map(({ source }) => source).toSorted(), [...Array(3).fill('CAMERA'), ...Array(3).fill('MICROPHONE')])

  await ada.click('#chat-toggle')
  await ada.fill('#message', 'Good <b>morning</b>')
  await ada.keyboard.press('Enter')
  await grace.waitForSelector('#unread:has-text("1")')
  await grace.click('#chat-toggle')
  await grace.waitForSelector('#messages li:has-text("Ada"):has-text("Good <b>morning</b>")')

  // Chromium's fake microphone beeps.
  await edith.waitForSelector('.tile[data-speaking]:has-text("Grace")')
  await grace.click('#microphone')
  await edith.waitForSelector('.tile[data-muted]:has-text("Grace")')
  await grace.click('#microphone')
  await edith.waitForSelector('.tile:not([data-muted]):has-text("Grace")')
  await grace.click('#camera')
  await edith.waitForSelector('.tile:not([data-picture]):has-text("Grace")')

  await grace.click('#leave')
  await edith.waitForSelector('.tile:has-text("Grace")', { state: 'detached' })
  await ada.close()
  await edith.waitForSelector('.tile:has-text("Ada")', { state: 'detached', timeout: 3_000 })
  await Promise.all([grace, edith].map((page) => page.context().close()))
})

test('a shared screen is a picture of its own until it ends', async () => {
  const [ada, grace] = await Promise.all([join('screens', 'Ada'), join('screens', 'Grace')])
  // Headless browsers have no screen to choose: a canvas stands for it.
  await ada.evaluate(`navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const context = canvas.getContext('2d')
    setInterval(() => { context.fillStyle = '#' + Math.floor(Math.random() * 4096).toString(16).padStart(3, '0'); context.fillRect(0, 0, 640, 360) }, 100)
    return canvas.captureStream(10)
  }`)
  await ada.click('#screen')
  await sees(grace, 'Ada: screen')
  await ada.click('#screen')
  await grace.waitForSelector('#screens .tile', { state: 'detached' })
  await Promise.all([ada, grace].map((page) => page.context().close()))
})

test('when the media worker dies the meeting goes on by itself', async () => {
  const [ada, grace] = await Promise.all([join('fall', 'Ada'), join('fall', 'Grace')])
  await Promise.all([sees(ada, 'Grace'), sees(grace, 'Ada')])
  const killedAt = Date.now()
  process.kill(server.runtime.core.workers.alive[0]!.pid, 'SIGKILL')
  await ada.waitForSelector('[data-state="reconnecting"]')
  await Promise.all([sees(ada, 'Grace'), sees(grace, 'Ada')])
  assert.ok(Date.now() - killedAt < 5_000, `back after ${Date.now() - killedAt} ms`)
  await Promise.all([ada, grace].map((page) => page.context().close()))
})

test('an encoder with keyframes far apart is seen in the meeting at once', async () => {
  await using _camera = new Ffmpeg(`rtmp://127.0.0.1:${rtmpPort}/live/yard`, { gopMs: 20_000 })
  await server.until<{ room: { tracks: unknown[] } | null }>(
    '{ room(name: "live-yard") { tracks { id } } }',
    ({ room }) => room?.tracks.length === 2,
  )
  const ada = await join('yard', 'Ada')
  const joinedAt = Date.now()
  await sees(ada, 'publisher')
  assert.ok(Date.now() - joinedAt < 4_000, `seen after ${Date.now() - joinedAt} ms`)
  await ada.context().close()
})

test('a token is lent for the room of the page alone, to callers of this machine without one', async () => {
  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/pages/meet-token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const { token } = (await (await ask({ app: 'live', room: 'lent' })).json()) as { token: string }
  const run = (query: string) => server.graphqlRaw<Record<string, unknown>>(query, {}, token)
  assert.equal((await run('mutation { joinRoom(room: "live-lent") { participant { id } } }')).errors, undefined)
  assert.equal((await run('mutation { joinRoom(room: "live-other") { participant { id } } }')).errors?.[0]?.extensions?.code, 'FORBIDDEN')
  assert.equal((await run('{ rooms { name } }')).errors?.[0]?.extensions?.code, 'FORBIDDEN')
  assert.equal((await ask({ app: 'live' })).status, 400)
  assert.equal((await ask({ app: 'nowhere', room: 'lent' })).status, 404)
  assert.equal((await ask({ app: 'live', room: 'lent' }, { 'x-forwarded-for': '203.0.113.9' })).status, 403)
  await server.graphql('mutation { updateApp(name: "live", config: { publishing: { open: false } }) { name } }')
  assert.equal((await ask({ app: 'live', room: 'lent' })).status, 401)
  const page = await open('closed')
  await page.fill('#name', 'Ada')
  await page.click('#enter')
  await page.waitForSelector('#token-field', { state: 'visible' })
  await server.graphql('mutation { updateApp(name: "live", config: { publishing: { open: true } }) { name } }')
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask({ app: 'live', room: 'lent' })))
  assert.ok(answers.some(({ status }) => status === 429))
  await page.context().close()
})
