/**
 * What one viewer's connection looks like during the last interval.
 *
 * @typedef {object} Figures
 * @property {string} [videoCodec]
 * @property {string} [audioCodec]
 * @property {number} [widthPx]
 * @property {number} [heightPx]
 * @property {number} [framesPerSecond]
 * @property {number} bitrateBps
 * @property {number} [jitterMs] Interarrival jitter of the video.
 * @property {number} [bufferedMs] How long a frame waits before it is shown.
 * @property {number} [roundTripMs]
 * @property {number} packetsLost Since the session began.
 * @property {number} [lossPercent] Of the last interval.
 * @property {number} framesDropped
 * @property {number} freezes
 * @property {number} [concealedPercent] Audio that was made up because it was missing.
 */

/** Bytes of media that have arrived, over all tracks. @param {RTCStatsReport} report */
export function bytesReceived(report) {
  let bytes = 0
  for (const stat of report.values()) if (stat.type === 'inbound-rtp') bytes += stat.bytesReceived ?? 0
  return bytes
}

/**
 * @param {RTCStatsReport} report
 * @param {RTCStatsReport | undefined} previous
 * @returns {Figures}
 */
export function figuresOf(report, previous) {
  const inbound = [...report.values()].filter(({ type }) => type === 'inbound-rtp')
  const video = inbound.find(({ kind }) => kind === 'video')
  const audio = inbound.find(({ kind }) => kind === 'audio')
  const pair = [...report.values()].find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded')
  const since = (/** @type {any} */ stat, /** @type {string} */ field) =>
    stat ? (stat[field] ?? 0) - ((previous?.get(stat.id) ?? {})[field] ?? 0) : 0
  const seconds = elapsedSeconds(video ?? audio, previous)

  return {
    ...named('videoCodec', codecOf(report, video)),
    ...named('audioCodec', codecOf(report, audio)),
    ...named('widthPx', video?.frameWidth),
    ...named('heightPx', video?.frameHeight),
    ...named('framesPerSecond', video?.framesPerSecond),
    bitrateBps: seconds > 0 ? ((since(video, 'bytesReceived') + since(audio, 'bytesReceived')) * 8) / seconds : 0,
    ...named('jitterMs', video?.jitter === undefined ? undefined : video.jitter * 1000),
    ...named('bufferedMs', ratio(since(video, 'jitterBufferDelay') * 1000, since(video, 'jitterBufferEmittedCount'))),
    ...named('roundTripMs', pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000),
    packetsLost: Math.max(0, (video?.packetsLost ?? 0) + (audio?.packetsLost ?? 0)),
    ...named('lossPercent', lossPercent(since(video, 'packetsLost'), since(video, 'packetsReceived'))),
    framesDropped: video?.framesDropped ?? 0,
    freezes: video?.freezeCount ?? 0,
    ...named('concealedPercent', ratio(since(audio, 'concealedSamples') * 100, since(audio, 'totalSamplesReceived'))),
  }
}

/**
 * @param {any} stat
 * @param {RTCStatsReport | undefined} previous
 */
function elapsedSeconds(stat, previous) {
  const before = previous?.get(stat?.id)
  return before ? (stat.timestamp - before.timestamp) / 1000 : 0
}

/**
 * @param {RTCStatsReport} report
 * @param {any} stat
 * @returns {string | undefined}
 */
function codecOf(report, stat) {
  return stat?.codecId ? report.get(stat.codecId)?.mimeType.split('/')[1] : undefined
}

/** @param {number} lost @param {number} received */
function lossPercent(lost, received) {
  return ratio(Math.max(0, lost) * 100, Math.max(0, lost) + received)
}

/** @param {number} part @param {number} whole */
function ratio(part, whole) {
  return whole > 0 ? part / whole : undefined
}

/**
 * @template {string} Name
 * @template Value
 * @param {Name} name
 * @param {Value | undefined} value
 * @returns {Partial<Record<Name, Value>>}
 */
function named(name, value) {
  return /** @type {any} */ (value === undefined ? {} : { [name]: value })
}
