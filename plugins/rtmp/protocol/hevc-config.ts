import { BitReader, withoutEmulationPrevention } from './bits.ts'

/** What an H.265 sequence header says about the stream. */
export interface HevcConfig {
  /** general_profile_idc: 1 Main, 2 Main 10. */
  profile: number
  /** Thirty times the level: 93 is level 3.1. */
  level: number
  /** Only when the record carries an SPS. */
  size: { widthPx: number; heightPx: number } | undefined
}

const SPS = 33

/**
 * Reads an HEVCDecoderConfigurationRecord: the data of an HEVC sequence header.
 *
 * @returns undefined when it is malformed.
 * @see ISO/IEC 14496-15 section 8.3.3.1
 */
export function parseHevcConfig(record: Buffer): HevcConfig | undefined {
  if (record.length < 23) return undefined
  const sps = findSps(record)
  return { profile: record[1]! & 0x1f, level: record[12]!, size: sps && parseSize(sps) }
}

function findSps(record: Buffer): Buffer | undefined {
  let at = 23
  for (let arrays = record[22]!; arrays > 0 && at + 3 <= record.length; arrays--) {
    const type = record[at]! & 0x3f
    let units = record.readUInt16BE(at + 1)
    at += 3
    for (; units > 0 && at + 2 <= record.length; units--) {
      const length = record.readUInt16BE(at)
      if (at + 2 + length > record.length) return undefined
      if (type === SPS) return record.subarray(at + 2, at + 2 + length)
      at += 2 + length
    }
  }
  return undefined
}

/** @see H.265 section 7.3.2.2.1 */
function parseSize(nal: Buffer): HevcConfig['size'] {
  const bits = new BitReader(withoutEmulationPrevention(nal.subarray(2)))
  bits.skip(4)
  const subLayers = bits.bits(3)
  bits.skip(1)
  skipProfileTierLevel(bits, subLayers)
  bits.ue()
  const chroma = bits.ue()
  if (chroma === 3) bits.skip(1)
  let widthPx = bits.ue()
  let heightPx = bits.ue()
  if (bits.bit()) {
    widthPx -= (bits.ue() + bits.ue()) * (chroma === 1 || chroma === 2 ? 2 : 1)
    heightPx -= (bits.ue() + bits.ue()) * (chroma === 1 ? 2 : 1)
  }
  if (bits.overrun || widthPx < 1 || heightPx < 1 || widthPx > 16_384 || heightPx > 16_384) return undefined
  return { widthPx, heightPx }
}

function skipProfileTierLevel(bits: BitReader, subLayers: number): void {
  bits.skip(96)
  const present: [profile: number, level: number][] = []
  for (let i = 0; i < subLayers; i++) present.push([bits.bit(), bits.bit()])
  if (subLayers > 0) bits.skip((8 - subLayers) * 2)
  for (const [profile, level] of present) bits.skip((profile ? 88 : 0) + (level ? 8 : 0))
}
