import type { Codec } from './codec.ts'

export const vp8: Codec = {
  kind: 'video',
  name: 'VP8',
  matroskaId: 'V_VP8',

  frame(payloads) {
    const data = Buffer.concat(payloads.map((payload) => payload.subarray(descriptorBytes(payload))))
    if (data.length < 4) return undefined
    return { data, isKeyframe: (data[0]! & 1) === 0 }
  },

  /** @see RFC 6386 section 9.1 */
  setup(keyframe) {
    if (keyframe.length < 10) return undefined
    return { widthPx: keyframe.readUInt16LE(6) & 0x3fff, heightPx: keyframe.readUInt16LE(8) & 0x3fff }
  },
}

/** @see RFC 7741 section 4.2 */
function descriptorBytes(payload: Buffer): number {
  if ((payload[0]! & 0x80) === 0) return 1
  const extension = payload[1] ?? 0
  let bytes = 2
  if ((extension & 0x80) !== 0) bytes += ((payload[bytes] ?? 0) & 0x80) !== 0 ? 2 : 1
  if ((extension & 0x40) !== 0) bytes++
  if ((extension & 0x30) !== 0) bytes++
  return bytes
}
