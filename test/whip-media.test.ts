import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestRuntime } from './harness.ts'
import { type Browser, freezesOf, leave, openBrowser, playIn, publishFrom, restartIce, sessionOf, until } from './whip-browser.ts'
import { startWhip } from './whip-support.ts'

let server: TestRuntime
let browser: Browser
before(async () => {
  ;[server, browser] = await Promise.all([startWhip(), openBrowser()])
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const whip = (room: string) => `${server.url}/whip/live/${room}`
const whep = (room: string) => `${server.url}/whep/live/${room}`

for (const video of ['VP8', 'H264']) {
  test(`what Chromium publishes as ${video} with Opus by WHIP, Chromium plays by WHEP`, async () => {
    const [camera, viewer] = await Promise.all([browser.page(), browser.page()])
    await publishFrom(camera, whip(video), { video, audio: true })
    await playIn(viewer, whep(video))

    const { codec } = await until(viewer, 'video', ({ framesDecoded = 0 }) => framesDecoded > 30)
    assert.equal(codec, `video/${video}`)
    await until(viewer, 'audio', ({ totalAudioEnergy = 0 }) => totalAudioEnergy > 0)
    assert.equal(await leave(viewer), 200)
    assert.equal(await leave(camera), 200)
    await Promise.all([camera.close(), viewer.close()])
  })
}

test('ten seconds play without a freeze', async () => {
  const [camera, viewer] = await Promise.all([browser.page(), browser.page()])
  await publishFrom(camera, whip('steady'), { video: 'VP8', audio: true })
  await playIn(viewer, whep('steady'))
  const { framesDecoded: first = 0 } = await until(viewer, 'video', ({ framesDecoded = 0 }) => framesDecoded > 10)
  const before = await freezesOf(viewer)
  const from = Date.now()
  const stats = await until(viewer, 'video', () => Date.now() - from > 9_900)
  assert.ok((stats.framesDecoded ?? 0) - first > 150, `${stats.framesDecoded} frames`)
  assert.equal(await freezesOf(viewer), before)
  assert.equal(stats.packetsLost, 0)
  await Promise.all([camera.close(), viewer.close()])
})

test('a viewer who waits is fed again when the publisher comes back, with whatever codec', async () => {
  const viewer = await browser.page()
  for (const video of ['VP8', 'H264', 'VP8']) {
    const camera = await browser.page()
    await publishFrom(camera, whip('returning'), { video, audio: true })
    if (video === 'VP8' && !(await viewer.evaluate<boolean>('"whip" in globalThis'))) await playIn(viewer, whep('returning'))
    const { framesDecoded = 0 } = await until(viewer, 'video', ({ codec }) => codec === `video/${video}`)
    await until(viewer, 'video', (stats) => stats.codec === `video/${video}` && (stats.framesDecoded ?? 0) > framesDecoded + 10)
    assert.equal(await leave(camera), 200)
    await camera.close()
  }
  await viewer.close()
})

test('ICE restarts on both sides while the picture goes on', async () => {
  const [camera, viewer] = await Promise.all([browser.page(), browser.page()])
  await publishFrom(camera, whip('restart'), { video: 'VP8', audio: true })
  await playIn(viewer, whep('restart'))
  await until(viewer, 'video', ({ framesDecoded = 0 }) => framesDecoded > 10)
  for (const page of [viewer, camera]) {
    const ufrag = (await restartIce(page)).replaceAll('"', '')
    const { framesDecoded: before = 0 } = await until(viewer, 'video', () => true)
    await until(page, 'video', ({ remoteUfrag }) => remoteUfrag === ufrag)
    await until(viewer, 'video', ({ framesDecoded = 0 }) => framesDecoded > before + 20)
  }
  await Promise.all([camera.close(), viewer.close()])
})

test('of three simulcast layers a player hears, and gets the one it selects', async () => {
  const [camera, viewer] = await Promise.all([browser.page(), browser.page()])
  await publishFrom(camera, whip('layers'), { video: 'VP8', rids: ['q', 'h', 'f'] })
  await playIn(viewer, whep('layers'))
  const session = await sessionOf(viewer)
  const listening = viewer.evaluate<{ active: { id: string }[]; layers: unknown[] }>(`new Promise((resolve) => {
    const source = new EventSource(whip.session + '/events?of=layers')
    source.addEventListener('layers', ({ data }) => {
      const [section] = Object.values(JSON.parse(data))
      if (section?.active.length === 3) source.close(), resolve(section)
    })
  })`)
  const { active, layers } = await listening
  assert.deepEqual(
    active.map(({ id }) => id),
    ['q', 'h', 'f'],
  )
  assert.ok(layers.length >= 3)

  const select = async (encodingId: string) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ mediaId: '1', encodingId })
    assert.equal((await fetch(`${session}/layers`, { method: 'POST', headers, body })).status, 200)
  }
  // A busy browser makes all its layers smaller, so only their order is certain.
  const { frameWidth: full = 0 } = await until(viewer, 'video', ({ frameWidth = 0 }) => frameWidth > 320)
  await select('q')
  const { frameWidth: quarter = 0 } = await until(viewer, 'video', ({ frameWidth = 0 }) => frameWidth <= full / 2)
  await select('f')
  await until(viewer, 'video', ({ frameWidth = 0 }) => frameWidth > quarter * 2)
  await select('h')
  await until(viewer, 'video', ({ frameWidth = 0 }) => frameWidth > quarter && frameWidth <= quarter * 3)
  await Promise.all([camera.close(), viewer.close()])
})
