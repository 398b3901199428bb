import { Bits } from './bits.ts'

/** Profiles whose sets say more of colours. @see ITU-T H.264 section 7.3.2.1.1 */
const HIGH = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135])

/** Size of the pictures that a sequence parameter set announces, after cropping. */
export function pictureSize(sps: Buffer): { widthPx: number; heightPx: number } {
  const bits = new Bits(unescaped(sps.subarray(4)))
  bits.golomb()
  const colours = HIGH.has(sps[1]!) ? skipColours(bits) : 1
  bits.golomb()
  skipOrder(bits)
  bits.golomb()
  bits.skip(1)
  const widthBlocks = bits.golomb() + 1
  const heightUnits = bits.golomb() + 1
  const fieldsPerFrame = bits.flag() ? 1 : 2
  if (fieldsPerFrame === 2) bits.skip(1)
  bits.skip(1)
  const [left, right, top, bottom] = bits.flag() ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()] : [0, 0, 0, 0]
  const stepX = colours === 1 || colours === 2 ? 2 : 1
  const stepY = (colours === 1 ? 2 : 1) * fieldsPerFrame
  return {
    widthPx: widthBlocks * 16 - (left + right) * stepX,
    heightPx: heightUnits * 16 * fieldsPerFrame - (top + bottom) * stepY,
  }
}

/** @returns chroma_format_idc */
function skipColours(bits: Bits): number {
  const colours = bits.golomb()
  if (colours === 3) bits.skip(1)
  bits.golomb()
  bits.golomb()
  bits.skip(1)
  if (!bits.flag()) return colours
  for (let list = 0; list < (colours === 3 ? 12 : 8); list++) if (bits.flag()) skipScaling(bits, list < 6 ? 16 : 64)
  return colours
}

function skipScaling(bits: Bits, size: number): void {
  let last = 8
  let next = 8
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.signedGolomb() + 256) % 256
    if (next !== 0) last = next
  }
}

/** How pictures are counted. */
function skipOrder(bits: Bits): void {
  const type = bits.golomb()
  if (type === 0) bits.golomb()
  if (type !== 1) return
  bits.skip(1)
  bits.signedGolomb()
  bits.signedGolomb()
  const cycle = Math.min(bits.golomb(), 255)
  for (let index = 0; index < cycle; index++) bits.signedGolomb()
}

/** Without the bytes that keep a start code from appearing. */
function unescaped(data: Buffer): Buffer {
  const bytes: number[] = []
  for (const [index, byte] of data.entries()) {
    if (byte === 3 && data[index - 1] === 0 && data[index - 2] === 0) continue
    bytes.push(byte)
  }
  return Buffer.from(bytes)
}
