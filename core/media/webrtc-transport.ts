import type { types } from 'mediasoup'
import type { MediaWorker } from './media-worker.ts'

/** Milliseconds a new session has to bring ICE and DTLS up. */
const CONNECT_TIMEOUT_MS = 15_000
/** Seconds without a consent check (RFC 7675) after which the other side counts as gone; browsers check every 2.5 s or so. */
const CONSENT_TIMEOUT_S = 8

/**
 * Milliseconds between two keyframe requests to one sender. Browsers ignore a second one within 300 ms, and a media worker
 * repeats what was ignored only after a second: the viewer of it would wait that long for a picture.
 */
export const KEYFRAME_REQUEST_DELAY_MS = 350

/** A WebRTC transport through the worker's one server port, with our defaults; `sctp`: with data channels. */
export function createWebRtcTransport(
  router: types.Router,
  worker: MediaWorker,
  options: { sctp?: boolean } = {},
): Promise<types.WebRtcTransport> {
  return router.createWebRtcTransport({
    enableSctp: options.sctp ?? false,
    webRtcServer: worker.webRtcServer,
    enableUdp: true,
    enableTcp: true,
    preferUdp: true,
    iceConsentTimeout: CONSENT_TIMEOUT_S,
    initialAvailableOutgoingBitrate: 2_000_000,
  })
}

/** Tells, once, why a transport is of no use any more. */
export function whenLost(
  transport: types.WebRtcTransport,
  lost: (reason: 'LEFT' | 'DISCONNECTED' | 'MEDIA_WORKER_DIED' | 'REQUESTED') => void,
): void {
  let told = false
  const tell = (reason: Parameters<typeof lost>[0]) => {
    if (told) return
    told = true
    clearTimeout(timer)
    lost(reason)
  }
  const timer = setTimeout(() => tell('DISCONNECTED'), CONNECT_TIMEOUT_MS)
  timer.unref()
  transport.on('dtlsstatechange', (state) => {
    if (state === 'connected') clearTimeout(timer)
    else if (state === 'closed') tell('LEFT')
    else if (state === 'failed') tell('DISCONNECTED')
  })
  transport.on('icestatechange', (state) => {
    if (state === 'disconnected') tell('DISCONNECTED')
  })
  transport.on('routerclose', () => tell('MEDIA_WORKER_DIED'))
  transport.observer.once('close', () => tell('REQUESTED'))
}
