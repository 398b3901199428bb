import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createWorker, type types } from 'mediasoup'
import { chromium, type Page } from 'playwright-core'
import { roomCodecs } from '../core/media/codecs.ts'
import { parseFragment, writeFragment } from '../core/media/sdp/fragment.ts'
import { parseOffer } from '../core/media/sdp/offer.ts'
import { type PlayPlan, planPlay } from '../core/media/sdp/play.ts'
import { type PublishOptions, planPublish } from '../core/media/sdp/publish.ts'
import { mediasoupWorkerBin } from '../native/binaries.ts'

/** What a page knows of one direction of one kind. */
export type MediaStats = {
  framesDecoded?: number
  frameWidth?: number
  totalAudioEnergy?: number
  codec?: string
  nackCount?: number
  packetsLost?: number
  keyFramesDecoded?: number
  /** Of the server, as the selected candidate pair has it. */
  remoteUfrag?: string
}

export type PublishShape = { video?: string; audio?: boolean; rids?: string[] }

/** Chromium with fake devices, able to open pages where cameras are permitted. */
export async function openBrowser() {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>peer</title>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
    ],
  })
  return {
    async page(): Promise<Page> {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      await page.evaluate(peerScript)
      return page
    },
    /** Pages left open would go on encoding, and hold the camera at the size they asked for. */
    async closePages(): Promise<void> {
      await Promise.all(browser.contexts().map((context) => context.close()))
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      server.close()
    },
  }
}

/** A mediasoup worker with one room's router. */
export async function openRoom() {
  const worker = await createWorker({ workerBin: mediasoupWorkerBin(), logLevel: 'error' })
  const router = await worker.createRouter({ mediaCodecs: roomCodecs })
  return {
    worker,
    router,
    [Symbol.dispose]() {
      worker.close()
    },
  }
}

export type Room = Awaited<ReturnType<typeof openRoom>>

/** Lets a page publish its fake devices into the room. */
export async function publish(page: Page, room: Room, shape: PublishShape, options?: PublishOptions): Promise<types.Producer[]> {
  const offer = await page.evaluate<string>(`peer.offerPublish(${JSON.stringify(shape)})`)
  const plan = planPublish(parseOffer(offer), room.router.rtpCapabilities, options)
  const transport = await createTransport(room.router)
  await transport.connect({ dtlsParameters: plan.dtlsParameters })
  const producers = await Promise.all(plan.sections.map(({ kind, rtpParameters }) => transport.produce({ kind, rtpParameters })))
  // Last, since the browser measures its bandwidth with the first packets it sends: they must not be missed.
  await accept(page, plan.answer(transport))
  return producers
}

/** A page that plays, and the router and transport that serve it. */
export class Player {
  readonly page: Page
  readonly plan: PlayPlan
  readonly router: types.Router
  readonly transport: types.WebRtcTransport

  constructor(page: Page, plan: PlayPlan, router: types.Router, transport: types.WebRtcTransport) {
    this.page = page
    this.plan = plan
    this.router = router
    this.transport = transport
  }

  /** Sends a room's producer to the page. */
  async watch(room: Room, producer: types.Producer): Promise<types.Consumer> {
    const { pipeProducer } = await room.router.pipeToRouter({ producerId: producer.id, router: this.router, keepId: false })
    const { rtpCapabilities } = this.plan.sections.find(({ kind }) => kind === producer.kind)!
    return this.transport.consume({ producerId: pipeProducer!.id, rtpCapabilities })
  }

  /** An ICE restart as a WHEP client does it: fragments both ways, our answer patched by the client. */
  async restartIce(): Promise<void> {
    const offer = await this.page.evaluate<string>('peer.pc.restartIce(), peer.offer()')
    const { iceUfrag } = parseFragment(
      offer
        .split('\r\n')
        .filter((line) => line.startsWith('a=ice-'))
        .join('\r\n'),
    )
    if (iceUfrag === parseOffer(await this.page.evaluate<string>('peer.first')).ice.ufrag) throw new Error('the page did not restart')
    const iceParameters = await this.transport.restartIce()
    const answered = parseFragment(writeFragment({ iceParameters, iceCandidates: this.transport.iceCandidates }, this.plan.sections[0]!))
    const patched = (await this.page.evaluate<string>('peer.pc.remoteDescription.sdp'))
      .replace(/a=ice-ufrag:.*/g, `a=ice-ufrag:${answered.iceUfrag}`)
      .replace(/a=ice-pwd:.*/g, `a=ice-pwd:${answered.icePwd}`)
    await accept(this.page, patched)
  }
}

export async function openPlayer(page: Page, room: Room, viaPort?: (port: number) => Promise<number>): Promise<Player> {
  const plan = planPlay(parseOffer(await page.evaluate('peer.offerPlay()')))
  const router = await room.worker.createRouter({ mediaCodecs: plan.layout.mediaCodecs })
  const transport = await createTransport(router)
  const { iceParameters, dtlsParameters } = transport
  const iceCandidates = await Promise.all(
    transport.iceCandidates.map(async (candidate) => ({ ...candidate, port: viaPort ? await viaPort(candidate.port) : candidate.port })),
  )
  await accept(page, plan.answer({ iceParameters, dtlsParameters, iceCandidates }))
  await transport.connect({ dtlsParameters: plan.dtlsParameters })
  return new Player(page, plan, router, transport)
}

/** Waits until what the page receives (or sends) of a kind satisfies the condition, at most ten seconds. */
export async function until(page: Page, kind: types.MediaKind, holds: (stats: MediaStats) => boolean): Promise<MediaStats> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const stats = await page.evaluate<MediaStats>(`peer.stats('${kind}')`)
    if (holds(stats)) return stats
    if (Date.now() > deadline) throw new Error(`${kind} never got there: ${JSON.stringify(stats)}`)
    await page.waitForTimeout(100)
  }
}

function createTransport(router: types.Router): Promise<types.WebRtcTransport> {
  return router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] })
}

async function accept(page: Page, answer: string): Promise<void> {
  await page.evaluate(`peer.pc.setRemoteDescription(${JSON.stringify({ type: 'answer', sdp: answer })})`)
}

const peerScript = `
globalThis.peer = {
  pc: new RTCPeerConnection({ bundlePolicy: 'max-bundle' }),

  async offerPublish({ video, audio, rids }) {
    // Chromium makes three layers only from 960 by 540 up.
    const size = rids ? { width: 960, height: 540 } : { width: 640, height: 480 }
    const stream = await navigator.mediaDevices.getUserMedia({ audio: !!audio, video: video && size })
    for (const track of stream.getTracks()) {
      const sendEncodings = track.kind === 'video' && rids
        ? rids.map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** (rids.length - 1 - i), maxBitrate: 100_000 * 2 ** i })) : undefined
      const transceiver = this.pc.addTransceiver(track, { direction: 'sendonly', streams: [stream], ...(sendEncodings && { sendEncodings }) })
      if (track.kind === 'video') {
        const { codecs } = RTCRtpSender.getCapabilities('video')
        transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.endsWith(video) || mimeType.endsWith('rtx')))
      }
    }
    return this.offer()
  },

  async offerPlay() {
    this.pc.ontrack = ({ track, streams }) => {
      const element = document.createElement(track.kind)
      element.autoplay = true
      element.srcObject = new MediaStream([track])
      document.body.append(element)
    }
    this.pc.addTransceiver('audio', { direction: 'recvonly' })
    this.pc.addTransceiver('video', { direction: 'recvonly' })
    return this.offer()
  },

  async offer() {
    await this.pc.setLocalDescription()
    this.first ??= this.pc.localDescription.sdp
    return this.pc.localDescription.sdp
  },

  async stats(kind) {
    const all = [...(await this.pc.getStats()).values()]
    const rtp = all.filter((s) => s.kind === kind && (s.type === 'inbound-rtp' || s.type === 'outbound-rtp')).at(-1)
    const pair = all.find(({ id }) => id === all.find(({ type }) => type === 'transport')?.selectedCandidatePairId)
    const remoteUfrag = all.find(({ id }) => id === pair?.remoteCandidateId)?.usernameFragment
    return rtp ? { ...rtp, remoteUfrag, codec: all.find(({ id }) => id === rtp.codecId)?.mimeType } : {}
  },
}`
