import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { flows, pullFrom, startPulling, untilPull } from '../plugins/pull/test-ground.ts'
import { AAC, H264_B_FRAMES, TestCamera } from '../plugins/pull/test-rtsp-server.ts'
import { TestWeb } from '../plugins/pull/test-web-server.ts'
import type { TestRuntime } from './harness.ts'
import { type Watched, watchRoom } from './watch-room.ts'
import { type Browser, openBrowser } from './whip-browser.ts'

let runtime: TestRuntime
let browser: Browser
before(async () => {
  ;[runtime, browser] = await Promise.all([startPulling(), openBrowser()])
})
after(async () => {
  await browser[Symbol.asyncDispose]()
  await runtime[Symbol.asyncDispose]()
})

async function watch(room: string, forMs: number): Promise<Watched> {
  const page = await browser.page()
  const seen = await watchRoom(page, `${runtime.url}/whep/live/${room}`, forMs)
  await page.close()
  return seen
}

/** Pulls until the scope ends. */
async function pulling(url: string, room: string): Promise<AsyncDisposable> {
  const id = await pullFrom(runtime, url, room)
  return {
    async [Symbol.asyncDispose]() {
      await runtime.graphql('mutation($id: ID!) { deleteIngress(id: $id) { id } }', { id })
      await runtime.until<{ pulls: unknown[] }>('{ pulls(app: "live") { id } }', ({ pulls }) => pulls.length === 0)
    },
  }
}

for (const [name, video] of [
  ['as it is', '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -g 60'],
  ['transcoded', H264_B_FRAMES],
] as const) {
  test(`picture and sound of a camera are seen and heard together, ${name}`, { timeout: 60_000 }, async () => {
    await using camera = await TestCamera.start({ video })
    await using _pull = await pulling(camera.url, 'sync')
    await untilPull(runtime, (one) => flows(one))
    const seen = await watch('sync', 10_000)
    assert.ok(seen.framesDecoded > 230, `${seen.framesDecoded} frames`)
    assert.equal(seen.packetsLost, 0)
    assert.ok(seen.longestMs < 1_900, `one picture stood for ${seen.longestMs} ms`)
    assert.ok(seen.audioEnergy > 0)
    assert.ok(Math.abs(seen.soundLateMs) < 150, `sound is ${seen.soundLateMs} ms late`)
  })
}

test('a viewer who comes late in a long GOP of a camera has a picture soon, and nothing is encoded for nobody', {
  timeout: 60_000,
}, async () => {
  await using camera = await TestCamera.start({ video: '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -g 180' })
  await using _pull = await pulling(camera.url, 'late')
  await untilPull(runtime, (one) => flows(one) && one.gopMs !== null)
  const seen = await watch('late', 7_500)
  assert.ok(seen.firstPictureMs < 1_500, `the first picture took ${seen.firstPictureMs} ms`)
  assert.ok(seen.longestMs < 1_900, `one picture stood for ${seen.longestMs} ms`)
  await runtime.until<{ tasks: { name: string }[] }>('{ tasks { name } }', ({ tasks }) =>
    tasks.every(({ name }) => !name.endsWith('bridge')),
  )
})

test('a file with B-frames is seen and heard', { timeout: 60_000 }, async () => {
  await using web = await TestWeb.start()
  const url = web.make('clip.mp4', { seconds: 15, args: `${H264_B_FRAMES} ${AAC}` })
  await using _pull = await pulling(url, 'film')
  await untilPull(runtime, (one) => flows(one))
  const seen = await watch('film', 8_000)
  assert.ok(seen.framesDecoded > 180, `${seen.framesDecoded} frames`)
  assert.ok(seen.audioEnergy > 0)
  assert.ok(Math.abs(seen.soundLateMs) < 150, `sound is ${seen.soundLateMs} ms late`)
})
