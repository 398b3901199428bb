import type { Codec } from './codec.ts'

/** @see RFC 7845 section 5.1 */
const OPUS_HEAD = Buffer.concat([Buffer.from('OpusHead'), Buffer.of(1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)])

/** Every packet is a whole frame, which needs no other. */
const packets = (payloads: readonly Buffer[]) => {
  const [data] = payloads
  return data && { data, isKeyframe: true }
}

export const opus: Codec = {
  kind: 'audio',
  name: 'OPUS',
  matroskaId: 'A_OPUS',
  frame: packets,
  setup: () => ({ private: OPUS_HEAD, sampleRate: 48_000, channels: 2 }),
}

export const pcmu = g711('PCMU', 7)
export const pcma = g711('PCMA', 6)

/** Described as Windows does: WAVEFORMATEX. */
function g711(name: string, tag: number): Codec {
  const format = Buffer.alloc(18)
  format.writeUInt16LE(tag, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(8_000, 4)
  format.writeUInt32LE(8_000, 8)
  format.writeUInt16LE(1, 12)
  format.writeUInt16LE(8, 14)
  return {
    kind: 'audio',
    name,
    matroskaId: 'A_MS/ACM',
    frame: packets,
    setup: () => ({ private: format, sampleRate: 8_000, channels: 1 }),
  }
}
