import { Bits } from './bits.ts'
import type { Codec, Setup } from './codec.ts'

const SYNC_CODE = 0x498342

export const vp9: Codec = {
  kind: 'video',
  name: 'VP9',
  matroskaId: 'V_VP9',

  frame(payloads) {
    const data = Buffer.concat(payloads.map((payload) => payload.subarray(descriptorBytes(payload))))
    if (data.length === 0) return undefined
    return { data, isKeyframe: readHeader(data) !== undefined }
  },

  setup: (keyframe) => readHeader(keyframe),
}

/** What a keyframe begins with; undefined for any other frame. @see VP9 bitstream specification, section 6.2 */
function readHeader(frame: Buffer): Setup | undefined {
  const bits = new Bits(frame.subarray(0, 24))
  bits.skip(2)
  const profile = bits.read(1) + 2 * bits.read(1)
  if (profile === 3) bits.skip(1)
  const [isRepeat, isInter] = [bits.flag(), bits.flag()]
  if (isRepeat || isInter) return undefined
  bits.skip(2)
  if (bits.read(24) !== SYNC_CODE) return undefined
  if (profile >= 2) bits.skip(1)
  const colours = bits.read(3)
  const isRgb = colours === 7
  if (!isRgb) bits.skip(1)
  if (profile % 2 === 1) bits.skip(isRgb ? 1 : 3)
  return { widthPx: bits.read(16) + 1, heightPx: bits.read(16) + 1 }
}

/** @see RFC 9628 section 4.2 */
function descriptorBytes(payload: Buffer): number {
  const flags = payload[0]!
  const [hasPictureId, isInter, hasLayers, isFlexible, hasStructure] = [0x80, 0x40, 0x20, 0x10, 0x02].map((bit) => (flags & bit) !== 0)
  let at = 1
  if (hasPictureId) at += ((payload[at] ?? 0) & 0x80) !== 0 ? 2 : 1
  if (hasLayers) at += isFlexible ? 1 : 2
  if (isFlexible && isInter) for (let more = true; more && at < payload.length; at++) more = (payload[at]! & 1) !== 0
  return hasStructure ? at + structureBytes(payload.subarray(at)) : at
}

function structureBytes(structure: Buffer): number {
  const head = structure[0] ?? 0
  let at = 1
  if ((head & 0x10) !== 0) at += 4 * ((head >> 5) + 1)
  if ((head & 0x08) === 0) return at
  for (let pictures = structure[at++] ?? 0; pictures > 0; pictures--) at += 1 + (((structure[at] ?? 0) >> 2) & 3)
  return at
}
