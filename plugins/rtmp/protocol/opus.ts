/** Opus as the enhanced form carries it. */

const OPUS_HEAD_BYTES = 19
/** Milliseconds of one frame, by the lowest two bits of the configuration number. */
const SILK_MS = [10, 20, 40, 60]
const HYBRID_MS = [10, 20, 10, 20]
const CELT_MS = [2.5, 5, 10, 20]

/** The channels that an OpusHead declares; undefined when it is malformed. @see RFC 7845 section 5.1 */
export function opusChannels(head: Buffer): number | undefined {
  return head.length >= OPUS_HEAD_BYTES && head.toString('latin1', 0, 8) === 'OpusHead' ? head[9] : undefined
}

/** How long a packet sounds, in milliseconds; 0 when it is empty or ends within its head. @see RFC 6716 section 3.1 */
export function opusDurationMs(packet: Buffer): number {
  const head = packet[0]
  if (head === undefined) return 0
  const configuration = head >> 3
  const lengths = configuration < 12 ? SILK_MS : configuration < 16 ? HYBRID_MS : CELT_MS
  const frames = [1, 2, 2, (packet[1] ?? 0) & 0x3f][head & 3]!
  return frames * lengths[configuration & 3]!
}
