import type { Page } from 'playwright-core'
import { openBrowser } from '../sdp-browser.ts'
import { median, quantile } from './numbers.ts'
import { ClockEncoder, clockScript } from './pixel-clock.ts'
import { startPatchbay } from './servers.ts'
import type { Figure } from './table.ts'

export const title = 'Glass to glass: how old a picture is when Chromium shows it'

const WATCH_MS = 8_000
/** Jitter buffers begin large. */
const SETTLE_FRAMES = 60

export async function run(): Promise<Figure[]> {
  await using patchbay = await startPatchbay()
  await using browser = await openBrowser()
  // One after the other: decoding takes most of this machine.
  const direct = await watch(await browser.page(), 'connection.direct()')
  const whip = await watch(await browser.page(), `connection.through('${patchbay.url}', 'whip')`)
  await using _encoder = new ClockEncoder(`rtmp://127.0.0.1:${patchbay.rtmpPort}/live/rtmp`)
  const rtmp = await watch(await browser.page(), `connection.watch('${patchbay.url}/whep/live/rtmp')`)
  return [
    {
      what: 'WHIP to WHEP, p50, against two peers in one page',
      unit: 'ms',
      baseline: median(direct),
      patchbay: median(whip),
      goal: '< 100 ms',
    },
    { what: 'WHIP to WHEP, p95', unit: 'ms', baseline: quantile(direct, 0.95), patchbay: quantile(whip, 0.95) },
    { what: 'RTMP (with x264 in ffmpeg) to WHEP, p50', unit: 'ms', patchbay: median(rtmp), goal: '< 300 ms' },
    { what: 'RTMP to WHEP, p95', unit: 'ms', patchbay: quantile(rtmp, 0.95) },
  ]
}

async function watch(page: Page, connect: string): Promise<number[]> {
  await page.evaluate(clockScript)
  await page.evaluate(connectionScript)
  const ages = await page.evaluate<number[]>(`${connect}.then((stream) => clock.read(stream, ${WATCH_MS}))`)
  await page.close()
  if (ages.length <= SETTLE_FRAMES) throw new Error(`only ${ages.length} pictures came by ${connect}`)
  return ages.slice(SETTLE_FRAMES)
}

/** Ways from a clock to a stream: without a server, by WHIP and WHEP, and by WHEP of what somebody else publishes. */
const connectionScript = `
globalThis.connection = {
  async direct() {
    const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()]
    from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate)
    to.onicecandidate = ({ candidate }) => from.addIceCandidate(candidate)
    const played = new Promise((resolve) => { to.ontrack = ({ track }) => resolve(new MediaStream([track])) })
    for (const track of clock.stream().getTracks()) from.addTrack(track)
    await from.setLocalDescription()
    await to.setRemoteDescription(from.localDescription)
    await to.setLocalDescription()
    await from.setRemoteDescription(to.localDescription)
    return played
  },

  async through(url, room) {
    const publisher = new RTCPeerConnection()
    for (const track of clock.stream().getTracks()) publisher.addTrack(track)
    await this.post(publisher, url + '/whip/live/' + room)
    return this.watch(url + '/whep/live/' + room)
  },

  async watch(url) {
    const viewer = new RTCPeerConnection()
    const played = new Promise((resolve) => { viewer.ontrack = ({ track }) => resolve(new MediaStream([track])) })
    viewer.addTransceiver('video', { direction: 'recvonly' })
    await this.post(viewer, url)
    return played
  },

  async post(peer, url) {
    await peer.setLocalDescription()
    for (;;) {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: peer.localDescription.sdp })
      const sdp = await response.text()
      if (response.status === 201) return peer.setRemoteDescription({ type: 'answer', sdp })
      // The encoder may not have arrived yet.
      if (response.status !== 409 && response.status !== 404) throw new Error(response.status + ' ' + sdp)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  },
}`
