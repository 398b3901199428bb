/**
 * GStreamer's own way to carry buffers over a pipe, which keeps them apart and tells the time of each: one that is broken spoils no other.
 *
 * @see gst-plugins-bad, gst/gdp/dataprotocol.c, version 1.0
 */
const HEADER_BYTES = 62
const BUFFER = 1
const CAPS = 2
const NS_PER_MS = 1_000_000

/** What follows is of this type: `image/jpeg`. */
export function gdpCaps(mediaType: string): Buffer {
  const payload = Buffer.from(`${mediaType}\0`)
  return Buffer.concat([header(CAPS, payload.length), payload])
}

/** @param timeMs Milliseconds since the pipeline's first buffer. */
export function gdpBufferHeader(payloadBytes: number, timeMs: number): Buffer {
  const bytes = header(BUFFER, payloadBytes)
  bytes.writeBigUInt64BE(BigInt(Math.round(timeMs * NS_PER_MS)), 10)
  return bytes
}

function header(type: number, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes[0] = 1
  bytes.writeUInt16BE(type, 4)
  bytes.writeUInt32BE(payloadBytes, 6)
  // No time, duration or offset is known, and there are no checksums.
  bytes.fill(0xff, 10, 42)
  bytes.fill(0xff, 44, 52)
  return bytes
}
