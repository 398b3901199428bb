/** How numbers are written on the pages. */

/** @param {number} bps */
export function bitrate(bps) {
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`
}

/** @param {number} ms */
export function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  if (minutes < 1) return 'just started'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** @param {number} count @param {string} noun */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** @param {number | undefined} value @param {string} unit */
export function rounded(value, unit, digits = 0) {
  return value === undefined ? '–' : `${value.toFixed(digits)} ${unit}`
}

const CODECS = { H264: 'H.264', H265: 'H.265', OPUS: 'Opus', PCMU: 'G.711 µ', PCMA: 'G.711 A' }

/** @param {string} codec As in its MIME type. */
export function codecName(codec) {
  return CODECS[/** @type {keyof typeof CODECS} */ (codec.toUpperCase())] ?? codec.toUpperCase()
}

/** How somebody publishes. @param {string} kind As a participant has it. */
export function publisherName(kind) {
  return kind === 'WS_MJPEG' ? 'camera' : kind.toUpperCase()
}
