import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { use } from '../plugins/kit/define-config.ts'
import type whip from '../plugins/whip/plugin.ts'
import { TEST_TOKEN, TestRuntime } from './harness.ts'
import { PagesBrowser } from './pages-browser.ts'

let server: TestRuntime
let browser: PagesBrowser
before(async () => {
  server = await TestRuntime.start({ plugins: [use<typeof whip>('./plugins/whip/plugin.ts', { viewerCountIntervalMs: 100 })] })
  browser = await PagesBrowser.open()
  await browser.publish(server.url, 'live/yard')
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const features = (change: Record<string, boolean>) => server.runtime.core.apps.update('live', { features: change })

async function joinToken(claims: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/apps/live/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_TOKEN}` },
    body: JSON.stringify({ room: 'yard', ...claims }),
  })
  const { data } = (await response.json()) as { data: { token: string } }
  return data.token
}

const live = (page: Page) => page.waitForSelector('html[data-state=live]', { state: 'attached' })

test('what the app has is shown beside the picture, and what it has not is in nobody’s way', { timeout: 60_000 }, async () => {
  await features({ viewerCounter: true, chat: false, reactions: false })
  const page = await browser.page(`${server.url}/play/live/yard`)
  await live(page)
  await page.waitForSelector('#viewers:visible')
  await page.locator('#viewers', { hasText: '1 viewer' }).waitFor()
  for (const absent of ['#chat', '#chat-toggle', '#react']) assert.equal(await page.isVisible(absent), false, absent)

  await features({ viewerCounter: false, chat: true, reactions: true })
  await page.waitForSelector('#chat:visible')
  assert.equal(await page.isVisible('#viewers'), false)
  // The token that everybody may have is one to listen by.
  for (const absent of ['#say', '#react']) assert.equal(await page.isVisible(absent), false, absent)
  await page.close()
})

test('who has a token that permits it talks, as whom the token names, and everybody reads it as text', { timeout: 60_000 }, async () => {
  await features({ viewerCounter: true, chat: true, reactions: true })
  const token = await joinToken({ identity: 'ada-1', name: 'Ada', canPublish: false })
  const ada = await browser.page(`${server.url}/play/live/yard#token=${token}`)
  const reader = await browser.page(`${server.url}/play/live/yard`)
  await Promise.all([live(ada), live(reader), ada.waitForSelector('#say:visible'), reader.waitForSelector('#chat:visible')])

  const words = '<img src=x onerror="document.title=1"> hello'
  await ada.fill('#message', words)
  await ada.press('#message', 'Enter')
  for (const page of [ada, reader]) {
    await page.locator('#messages li', { hasText: 'hello' }).waitFor()
    assert.equal(await page.locator('#messages li p:last-child').textContent(), words)
    assert.match((await page.locator('#messages .from').textContent()) ?? '', /^Ada /)
    assert.equal(await page.locator('#messages img').count(), 0)
  }

  const floating = reader.waitForSelector('.reaction', { state: 'attached' })
  await ada.click('.react[aria-label=Applause]')
  assert.equal(await (await floating).textContent(), '👏')
  await reader.waitForSelector('.reaction', { state: 'detached' })

  for (let sent = 0; sent < 12; sent++) {
    await ada.fill('#message', `again ${sent}`)
    await ada.press('#message', 'Enter')
  }
  await ada.locator('#say-refusal', { hasText: 'too often' }).waitFor()
  await Promise.all([ada.close(), reader.close()])
})

test('a long chat is bounded, and leaves alone who reads further up', { timeout: 60_000 }, async () => {
  await features({ chat: true })
  const page = await browser.page(`${server.url}/play/live/yard`)
  await page.waitForSelector('#chat:visible')
  await live(page)
  await page.evaluate(`(async () => {
    const { PlayerChat } = await import('/pages/player-chat.js')
    const chat = new PlayerChat({ open: true, say: async () => {} })
    for (let n = 0; n < 500; n++) chat.show({ topic: 'chat', from: 'x', message: 'line ' + n, reaction: null, at: new Date().toISOString() })
  })()`)
  assert.equal(await page.locator('#messages li').count(), 200)
  assert.match((await page.locator('#messages li').last().textContent()) ?? '', /line 499/)
  await page.close()
})

test('sayInRoom lets in who may publish data in that room, and nobody else', async () => {
  await features({ chat: true, reactions: false })
  const SAY = `mutation ($room: String = "yard", $message: String, $reaction: String) {
    sayInRoom(app: "live", room: $room, message: $message, reaction: $reaction) { from topic message stream }
  }`
  const say = async (token: string, variables: Record<string, unknown>) => {
    const { data, errors } = await server.graphqlRaw<{ sayInRoom: unknown }>(SAY, variables, token)
    return errors?.[0]?.extensions?.code ?? data?.sayInRoom
  }
  const grace = await joinToken({ identity: 'grace' })
  assert.deepEqual(await say(grace, { message: ' hi ' }), { from: 'grace', topic: 'chat', message: 'hi', stream: 'live-yard/grace' })
  assert.equal(await say(grace, { message: 'hi', room: 'barn' }), 'FORBIDDEN')
  assert.equal(await say(grace, { reaction: '👏' }), 'FEATURE_DISABLED')
  assert.equal(await say(grace, { message: ' ' }), 'INPUT_INVALID')
  assert.equal(await say(grace, {}), 'INPUT_INVALID')
  assert.equal(await say(grace, { message: 'x'.repeat(4_001) }), 'INPUT_INVALID')
  assert.equal(await say(await joinToken({ identity: 'spy', hidden: true }), { message: 'hi' }), 'FORBIDDEN')
  assert.equal(await say(TEST_TOKEN, { message: 'hi', room: 'barn' }), 'ROOM_NOT_FOUND')
  const { data } = (await (await fetch(`${server.url}/api/v1/apps/live/play-token/yard`)).json()) as { data: { token: string } }
  assert.equal(await say(data.token, { message: 'hi' }), 'FORBIDDEN')
})
