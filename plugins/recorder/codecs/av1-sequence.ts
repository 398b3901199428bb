import { Bits } from './bits.ts'

export type Sequence = { widthPx: number; heightPx: number; configuration: Buffer }

/**
 * Reads a sequence header as far as the size of the pictures.
 *
 * @returns also the four bytes that AV1CodecConfigurationRecord begins with.
 * @see AV1 bitstream specification, section 5.5; AV1 in ISOBMFF, section 2.3.3
 */
export function sequenceSize(payload: Buffer): Sequence {
  const bits = new Bits(payload)
  const profile = bits.read(3)
  bits.skip(1)
  const isReduced = bits.flag()
  const { level, tier } = isReduced ? { level: bits.read(5), tier: 0 } : readOperatingPoints(bits)
  const widthBits = bits.read(4) + 1
  const heightBits = bits.read(4) + 1
  const [widthPx, heightPx] = [bits.read(widthBits) + 1, bits.read(heightBits) + 1]
  // 4:2:0 in 8 bits, which is all that profile 0 sends here.
  const configuration = Buffer.of(0x81, (profile << 5) | level, (tier << 7) | 0x0c, 0)
  return { widthPx, heightPx, configuration }
}

function readOperatingPoints(bits: Bits): { level: number; tier: number } {
  let delayBits: number | undefined
  if (bits.flag()) {
    bits.skip(64)
    if (bits.flag()) bits.golomb()
    if (bits.flag()) {
      delayBits = bits.read(5) + 1
      bits.skip(32 + 5 + 5)
    }
  }
  const hasDisplayDelay = bits.flag()
  const points = bits.read(5) + 1
  let first: { level: number; tier: number } | undefined
  for (let point = 0; point < points; point++) {
    bits.skip(12)
    const level = bits.read(5)
    const tier = level > 7 ? bits.read(1) : 0
    first ??= { level, tier }
    if (delayBits !== undefined && bits.flag()) bits.skip(2 * delayBits + 1)
    if (hasDisplayDelay && bits.flag()) bits.skip(4)
  }
  return first ?? { level: 0, tier: 0 }
}
