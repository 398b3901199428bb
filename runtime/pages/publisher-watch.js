const TICK_MS = 500
const DISCONNECTED_FOR_MS = 2_000
/** Receivers report on video every second, on audio every five. */
const SILENT_VIDEO_MS = 3_000
const SILENT_AUDIO_MS = 12_000

/**
 * Watches a WHIP session until it is of no more use: closed, disconnected, or sending to somebody who no longer reports.
 *
 * @param {import('./whip.js').WhipSession} session
 * @param {() => void} onConnected
 * @returns {Promise<void>}
 */
export function untilLost({ pc, signal }, onConnected) {
  const silentMs = pc.getSenders().some(({ track }) => track?.kind === 'video') ? SILENT_VIDEO_MS : SILENT_AUDIO_MS
  /** @type {PromiseWithResolvers<void>} */
  const { promise, resolve } = Promise.withResolvers()
  let reportedAt = 0
  let heardAt = performance.now()
  let timer = 0

  const tick = async () => {
    const latest = latestReportAt(await pc.getStats())
    if (latest > reportedAt || pc.connectionState !== 'connected') heardAt = performance.now()
    reportedAt = latest
    if (performance.now() - heardAt > silentMs) resolve()
  }
  const loop = setInterval(() => tick().catch(resolve), TICK_MS)

  pc.addEventListener('connectionstatechange', () => {
    clearTimeout(timer)
    if (pc.connectionState === 'connected') onConnected()
    else if (pc.connectionState === 'disconnected') timer = setTimeout(() => resolve(), DISCONNECTED_FOR_MS)
    else if (pc.connectionState !== 'connecting') resolve()
  })
  signal.addEventListener('abort', () => resolve())
  return promise.finally(() => {
    clearInterval(loop)
    clearTimeout(timer)
  })
}

/** When the receiver last reported on any track. @param {RTCStatsReport} report */
function latestReportAt(report) {
  let at = 0
  for (const stat of report.values()) if (stat.type === 'remote-inbound-rtp') at = Math.max(at, stat.timestamp)
  return at
}
