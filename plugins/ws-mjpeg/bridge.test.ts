import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { TestRuntime } from '../../test/harness.ts'
import { PagesBrowser } from '../../test/pages-browser.ts'
import { connect, createKey, pictures, startServer } from './test-devices.ts'

const wide = pictures(10, '640x360')
const odd = pictures(10, '321x241')

type Shown = { widthPx: number; frames: number }
type Tracks = { room: { participants: { tracks: { codec: string; widthPx: number | null }[] }[] } | null }

const TRACKS = '{ room(name: "live-yard") { participants { tracks { codec widthPx } } } }'
const hasTrack = ({ room }: Tracks) => room?.participants[0]?.tracks.length === 1

test('a browser sees a camera over WebRTC, whatever it sends and whatever dies, and nothing is encoded for nobody', {
  timeout: 60_000,
}, async () => {
  await using runtime = await startServer({ bridgeLingerMs: 500 })
  await using browser = await PagesBrowser.open()
  const { secret } = await createKey(runtime, 'yard')
  using camera = await connect(runtime, 'yard', secret)
  camera.play(wide, 10)
  await runtime.until<{ camera: { framesReceived: number } }>(
    '{ camera(app: "live", room: "yard") { framesReceived } }',
    (data) => data.camera.framesReceived > 2,
  )
  assert.deepEqual(pipelines(), [], 'no pipeline without a viewer')

  const image = await browser.page(`${runtime.url}/pages/publish.html`)
  await image.evaluate(`(async () => {
    const image = Object.assign(new Image(), { src: '/live/live/yard/mjpeg' })
    document.body.append(image)
    while (image.naturalWidth !== 640) await new Promise(requestAnimationFrame)
  })()`)
  await image.close()
  assert.deepEqual(pipelines(), [], 'none either for who watches the pictures as they are')

  const page = await openViewer(browser, runtime)
  await shown(page, ({ widthPx, frames }) => widthPx === 640 && frames > 5)
  const { room } = await runtime.graphql<Tracks>(TRACKS)
  assert.deepEqual(room?.participants[0]?.tracks, [{ codec: 'H264', widthPx: 640 }])

  const killed = pipelines()
  assert.equal(killed.length, 1)
  process.kill(killed[0]!, 'SIGKILL')
  await runtime.until('{ __typename }', () => pipelines().length === 1 && pipelines()[0] !== killed[0])
  const { frames } = await look(page)
  await shown(page, (now) => now.frames > frames + 10)

  for (let broken = 0; broken < 20; broken++) {
    camera.send(Buffer.concat([Buffer.from([0xff, 0xd8]), randomBytes(2_000), Buffer.from([0xff, 0xd9])]))
    const cut = wide[broken % 10]!
    camera.send(Buffer.concat([cut.subarray(0, 700), randomBytes(1_500), Buffer.from([0xff, 0xd9])]))
  }
  const before = await look(page)
  await shown(page, (now) => now.frames > before.frames + 10)
  await camera.close()

  using other = await connect(runtime, 'yard', secret)
  other.play(odd, 10)
  await shown(page, ({ widthPx }) => widthPx === 320)

  await page.close()
  await runtime.until<Tracks>(TRACKS, ({ room: now }) => now?.participants[0]?.tracks.length === 0)
  await runtime.until('{ __typename }', () => pipelines().length === 0)

  const again = await openViewer(browser, runtime)
  await shown(again, ({ frames: count }) => count > 3)
})

test('tracks are made for whoever asks for them by name, until it does no more', { timeout: 30_000 }, async () => {
  await using runtime = await startServer({ bridgeLingerMs: 0 })
  const { secret } = await createKey(runtime, 'yard')
  using camera = await connect(runtime, 'yard', secret)
  camera.play(wide, 10)
  const { core } = runtime.runtime
  const participant = core.rooms.get('live-yard').find('yard')
  assert.ok(participant)
  const release = [core.demand.ask(participant), core.demand.ask(participant)]
  await runtime.until<Tracks>(TRACKS, hasTrack)
  release[0]?.()
  release[0]?.()
  assert.equal(core.demand.isWanted(participant), true)
  release[1]?.()
  await runtime.until<Tracks>(TRACKS, (data) => !hasTrack(data))
})

async function openViewer(browser: PagesBrowser, runtime: TestRuntime): Promise<Page> {
  const page = await browser.page(`${runtime.url}/pages/publish.html`)
  await page.evaluate(`(async () => {
    const { WhepSession } = await import('/pages/whep.js')
    const session = await WhepSession.open({ url: '/whep/live/yard' })
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, srcObject: session.stream })
    document.body.append(video)
    window.seen = { widthPx: 0, frames: 0 }
    const look = () => {
      window.seen = { widthPx: video.videoWidth, frames: window.seen.frames + 1 }
      video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
    void video.play()
    window.addEventListener('pagehide', () => session.close())
  })()`)
  return page
}

function look(page: Page): Promise<Shown> {
  return page.evaluate('window.seen')
}

async function shown(page: Page, isReached: (now: Shown) => boolean): Promise<void> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const now = await look(page)
    if (isReached(now)) return
    assert.ok(Date.now() < deadline, `the browser saw ${JSON.stringify(now)}`)
    await page.waitForTimeout(50)
  }
}

/** Children of this process that run a pipeline. */
function pipelines(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return ppid === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('native/host.ts')
    } catch {
      return false
    }
  })
}
