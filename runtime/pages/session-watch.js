import { bytesReceived, figuresOf } from './figures.js'
import { HttpError } from './http.js'

const CONNECT_WITHIN_MS = 5_000
/** Until the first media: a room without a keyframe at hand waits for the encoder's next one. */
const FIRST_MEDIA_WITHIN_MS = 8_000
const SILENT_FOR_MS = 2_000
const DISCONNECTED_FOR_MS = 1_000
const TICK_MS = 500
/** While a viewer waits for the first picture. */
const EAGER_TICK_MS = 100
const LISTEN_AGAIN_MS = 500
const FIGURES_EVERY_MS = 1_000

/**
 * Why a session can not go on: the server ended it, the server knows it no longer, the connection broke, nothing arrives though
 * something should, or we closed it.
 *
 * @typedef {'ENDED' | 'FORGOTTEN' | 'DISCONNECTED' | 'SILENT' | 'CLOSED'} SessionEnd
 */

/**
 * Watches a session until it has to be replaced.
 *
 * @param {import('./whep.js').WhepSession} session
 * @param {object} listeners
 * @param {(event: string, data: unknown) => unknown} listeners.onEvent What the server says.
 * @param {(soundOnly: boolean) => void} listeners.onLive A picture (or, in a room without one, sound) has arrived, for the first time or again.
 * @param {(figures: import('./figures.js').Figures) => unknown} listeners.onFigures Once a second while live.
 * @returns {Promise<SessionEnd>}
 */
export function watchSession(session, { onEvent, onLive, onFigures }) {
  /** @type {PromiseWithResolvers<SessionEnd>} */
  const { promise, resolve } = Promise.withResolvers()
  let active = true
  let live = false
  let bytes = 0
  let deadline = performance.now() + CONNECT_WITHIN_MS
  let disconnectedAt = Number.POSITIVE_INFINITY
  /** @type {RTCStatsReport | undefined} */
  let measured
  let measuredAt = 0
  let listening = 0
  let over = false

  const extend = (/** @type {number} */ ms) => {
    deadline = performance.now() + ms
  }

  const onConnection = () => {
    const state = session.pc.connectionState
    if (state === 'failed' || state === 'closed') resolve('DISCONNECTED')
    if (state === 'connected' && !live) extend(FIRST_MEDIA_WITHIN_MS)
    disconnectedAt = state === 'disconnected' ? performance.now() : Number.POSITIVE_INFINITY
  }

  const tick = async () => {
    if (session.closed) return resolve('CLOSED')
    const report = await session.pc.getStats()
    const now = performance.now()
    const arrived = bytesReceived(report)
    if (arrived > bytes) extend(live ? SILENT_FOR_MS : FIRST_MEDIA_WITHIN_MS)
    bytes = arrived
    const shows = live || !active ? undefined : arrivedIn(report)
    if (shows) {
      live = true
      extend(SILENT_FOR_MS)
      onLive(shows === 'SOUND')
    }
    if (now - measuredAt >= FIGURES_EVERY_MS && live) {
      onFigures(figuresOf(report, measured))
      measured = report
      measuredAt = now
    }
    if (now - disconnectedAt > DISCONNECTED_FOR_MS) resolve('DISCONNECTED')
    if (active && now > deadline) resolve('SILENT')
  }

  const listen = async () => {
    try {
      for await (const { event, data } of session.events()) {
        if (event === 'ended') return resolve('ENDED')
        if (event === 'active' && !active) extend(FIRST_MEDIA_WITHIN_MS)
        if (event === 'inactive') live = false
        if (event === 'active' || event === 'inactive') active = event === 'active'
        onEvent(event, jsonOf(data))
      }
    } catch (error) {
      // A server that refuses to tell events still plays; one that no longer knows the session does not.
      if (error instanceof HttpError && error.status !== 503) return isForgotten(error) && resolve('FORGOTTEN')
    }
    // Whatever tells the events starts again; the picture goes on meanwhile.
    if (!over) listening = setTimeout(listen, LISTEN_AGAIN_MS)
  }

  let timer = 0
  const loop = () => {
    tick().catch(() => resolve('DISCONNECTED'))
    timer = setTimeout(loop, live || !active ? TICK_MS : EAGER_TICK_MS)
  }

  session.pc.addEventListener('connectionstatechange', onConnection)
  if (session.tellsEvents) listen()
  loop()
  return promise.finally(() => {
    over = true
    clearTimeout(timer)
    clearTimeout(listening)
    session.pc.removeEventListener('connectionstatechange', onConnection)
  })
}

/**
 * What there is to see, or to hear where no picture comes.
 *
 * @param {RTCStatsReport} report
 * @returns {'PICTURE' | 'SOUND' | undefined}
 */
function arrivedIn(report) {
  const inbound = [...report.values()].filter(({ type, packetsReceived }) => type === 'inbound-rtp' && packetsReceived > 0)
  const video = inbound.find(({ kind }) => kind === 'video')
  if (video) return video.framesDecoded > 0 ? 'PICTURE' : undefined
  return inbound.some(({ packetsReceived }) => packetsReceived > 50) ? 'SOUND' : undefined
}

/** @param {HttpError} error */
function isForgotten({ status }) {
  return status === 404 || status === 410
}

/** @param {string} text */
function jsonOf(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
