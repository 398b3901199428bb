/** The least that mediasoup can be used with: one router, the same worker, SDP and transports, and no pipes, plugins, rooms or API. */
import './end-with-parent.ts'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { types } from 'mediasoup'
import { roomCodecs } from '../../../core/media/codecs.ts'
import { MediaWorker } from '../../../core/media/media-worker.ts'
import { parseOffer } from '../../../core/media/sdp/offer.ts'
import { planPlay } from '../../../core/media/sdp/play.ts'
import { planPublish } from '../../../core/media/sdp/publish.ts'
import { createWebRtcTransport } from '../../../core/media/webrtc-transport.ts'
import { mediasoupWorkerBin } from '../../../native/binaries.ts'
import { ServerLog } from '../../../runtime/log.ts'

const { log } = new ServerLog({ level: 'warn' })
const worker = await MediaWorker.start(0, { workerBin: mediasoupWorkerBin(), rtcPort: 0, announcedAddresses: [], log })
const router = await worker.worker.createRouter({ mediaCodecs: roomCodecs })
const producers = new Map<types.MediaKind, types.Producer>()

async function publish(sdp: string): Promise<string> {
  const plan = planPublish(parseOffer(sdp), router.rtpCapabilities)
  const transport = await createWebRtcTransport(router, worker)
  await transport.connect({ dtlsParameters: plan.dtlsParameters })
  for (const { kind, rtpParameters } of plan.sections) producers.set(kind, await transport.produce({ kind, rtpParameters }))
  return plan.answer(transport)
}

async function play(sdp: string): Promise<string> {
  const plan = planPlay(parseOffer(sdp))
  const transport = await createWebRtcTransport(router, worker)
  await transport.connect({ dtlsParameters: plan.dtlsParameters })
  const playing = await Promise.all(
    plan.sections.map(async ({ mid, kind, rtpCapabilities }) => {
      const { rtpParameters } = await transport.consume({ producerId: producers.get(kind)!.id, rtpCapabilities })
      return [mid, rtpParameters] as const
    }),
  )
  return plan.answer(transport, new Map(playing))
}

async function answer(request: IncomingMessage): Promise<string> {
  const offer = await text(request)
  return request.url?.startsWith('/whip') ? publish(offer) : play(offer)
}

const http = createServer((request, response) => {
  answer(request).then(
    (sdp) => response.writeHead(201, { 'content-type': 'application/sdp', location: `${request.url}/session` }).end(sdp),
    (error: Error) => response.writeHead(500).end(error.stack),
  )
})
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
