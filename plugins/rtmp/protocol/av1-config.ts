import { BitReader } from './bits.ts'
import { ObuType, obuBody, obuType, readObus } from './obu.ts'
import type { VideoConfig } from './video-config.ts'

const HEAD_BYTES = 4
const HIGH_BITDEPTH = 0x40
const MONOCHROME = 0x10

/**
 * Reads an AV1CodecConfigurationRecord: the data of an AV1 sequence header.
 *
 * @returns undefined when it is malformed.
 * @see AV1 Codec ISO Media File Format Binding, section 2.3
 */
export function parseAv1Config(record: Buffer): VideoConfig | undefined {
  if (record.length < HEAD_BYTES || record[0] !== 0x81) return undefined
  const profile = record[1]! >> 5
  return {
    profile,
    widthPx: undefined,
    heightPx: undefined,
    framesPerSecond: undefined,
    // Its temporal units are in the order in which they are shown.
    maxReorderFrames: 0,
    isPlainColour: profile === 0 && (record[2]! & (HIGH_BITDEPTH | MONOCHROME)) === 0,
    ...readSize(record),
  }
}

/** The sequence header OBU that a record brings, without a size of its own. */
export function sequenceHeaderOf(record: Buffer): Buffer | undefined {
  return readObus(record.subarray(HEAD_BYTES)).find((obu) => obuType(obu) === ObuType.SEQUENCE_HEADER)
}

function readSize(record: Buffer): { widthPx: number; heightPx: number } | undefined {
  const obu = sequenceHeaderOf(record)
  return obu && parseSize(new BitReader(obuBody(obu)))
}

/** @see AV1 bitstream specification, section 5.5.1 */
function parseSize(bits: BitReader): { widthPx: number; heightPx: number } | undefined {
  bits.skip(4) // seq_profile, still_picture
  if (bits.bit()) bits.skip(5)
  else skipOperatingPoints(bits)
  const widthBits = bits.bits(4) + 1
  const heightBits = bits.bits(4) + 1
  const widthPx = bits.bits(widthBits) + 1
  const heightPx = bits.bits(heightBits) + 1
  return bits.overrun ? undefined : { widthPx, heightPx }
}

function skipOperatingPoints(bits: BitReader): void {
  let delayBits = 0
  if (bits.bit()) {
    bits.skip(64) // num_units_in_display_tick, time_scale
    if (bits.bit()) bits.ue()
    if (bits.bit()) {
      delayBits = bits.bits(5) + 1
      bits.skip(42)
    }
  }
  const hasDisplayDelay = bits.bit() === 1
  for (let points = bits.bits(5) + 1; points > 0; points--) {
    bits.skip(12)
    if (bits.bits(5) > 7) bits.skip(1)
    if (delayBits > 0 && bits.bit()) bits.skip(2 * delayBits + 1)
    if (hasDisplayDelay && bits.bit()) bits.skip(4)
  }
}
