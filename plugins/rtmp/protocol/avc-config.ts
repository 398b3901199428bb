import { BitReader, withoutEmulationPrevention } from './bits.ts'

/** What an H.264 sequence header says about the stream. */
export interface AvcConfig {
  /** profile_idc: 66 Baseline, 77 Main, 100 High. */
  profile: number
  /** constraint_set flags as one byte; 0x40 with profile 66 is Constrained Baseline. */
  constraints: number
  /** Ten times the level: 31 is level 3.1. */
  level: number
  /** Bytes of the length before every NAL unit: 1, 2 or 4. */
  nalLengthBytes: number
  widthPx: number
  heightPx: number
  /** Only when the SPS has timing. */
  framesPerSecond: number | undefined
  /** How many frames may be output later than decoded: 0 rules B-frames out. Only when the stream says. */
  maxReorderFrames: number | undefined
  /** Whether a pixel is 8-bit 4:2:0, the only kind that every WebRTC decoder knows. */
  isPlainColour: boolean
}

const HIGH_PROFILES = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244])

/**
 * Reads an AVCDecoderConfigurationRecord: the data of an AVC sequence header.
 *
 * @returns undefined when it is malformed or has no SPS that can be read.
 * @see ISO/IEC 14496-15 section 5.3.3.1
 */
export function parseAvcConfig(record: Buffer): AvcConfig | undefined {
  if (record.length < 8 || record[0] !== 1 || (record[5]! & 0x1f) === 0) return undefined
  const length = record.readUInt16BE(6)
  const sps = record.subarray(8, 8 + length)
  if (sps.length < length || sps.length < 4) return undefined
  const parsed = parseSps(sps)
  return parsed && { ...parsed, nalLengthBytes: (record[4]! & 3) + 1 }
}

/** Reads a sequence parameter set, its NAL header included. @see H.264 section 7.3.2.1.1 */
export function parseSps(nal: Uint8Array): Omit<AvcConfig, 'nalLengthBytes'> | undefined {
  if ((nal[0]! & 0x1f) !== 7) return undefined
  const bits = new BitReader(withoutEmulationPrevention(nal.subarray(1)))
  const profile = bits.bits(8)
  const constraints = bits.bits(8)
  const level = bits.bits(8)
  bits.ue() // seq_parameter_set_id
  const { chroma, isPlainColour } = HIGH_PROFILES.has(profile) ? readHighProfile(bits) : { chroma: 1, isPlainColour: true }

  bits.ue() // log2_max_frame_num_minus4
  const orderType = bits.ue()
  if (orderType === 0) bits.ue()
  else if (orderType === 1) {
    bits.skip(1)
    bits.se()
    bits.se()
    const cycle = bits.ue()
    for (let i = 0; i < cycle && !bits.overrun; i++) bits.se()
  }
  bits.ue() // max_num_ref_frames
  bits.skip(1)
  const widthMbs = bits.ue() + 1
  const mapUnits = bits.ue() + 1
  const frameMbsOnly = bits.bit()
  if (!frameMbsOnly) bits.skip(1)
  bits.skip(1)
  const crop = bits.bit() ? { left: bits.ue(), right: bits.ue(), top: bits.ue(), bottom: bits.ue() } : undefined
  if (bits.overrun) return undefined

  const cropX = chroma === 1 || chroma === 2 ? 2 : 1
  const cropY = (chroma === 1 ? 2 : 1) * (2 - frameMbsOnly)
  const widthPx = widthMbs * 16 - (crop ? (crop.left + crop.right) * cropX : 0)
  const heightPx = mapUnits * 16 * (2 - frameMbsOnly) - (crop ? (crop.top + crop.bottom) * cropY : 0)
  if (widthPx < 1 || heightPx < 1 || widthPx > 16_384 || heightPx > 16_384) return undefined

  const vui = bits.bit() ? readVui(bits) : undefined
  // Order type 2 means that output order is decoding order.
  const maxReorderFrames = orderType === 2 ? 0 : vui?.maxReorderFrames
  return { profile, constraints, level, widthPx, heightPx, framesPerSecond: vui?.framesPerSecond, maxReorderFrames, isPlainColour }
}

function readHighProfile(bits: BitReader): { chroma: number; isPlainColour: boolean } {
  const format = bits.ue()
  const separatePlanes = format === 3 && bits.bit() === 1
  const depthsAbove8 = bits.ue() + bits.ue()
  bits.skip(1)
  if (bits.bit()) {
    for (let list = 0; list < (format === 3 ? 12 : 8); list++) {
      if (bits.bit()) skipScalingList(bits, list < 6 ? 16 : 64)
    }
  }
  return { chroma: separatePlanes ? 0 : format, isPlainColour: format === 1 && depthsAbove8 === 0 }
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8
  let next = 8
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256
    last = next === 0 ? last : next
  }
}

/** @see H.264 section E.1.1 */
function readVui(bits: BitReader): Pick<AvcConfig, 'framesPerSecond' | 'maxReorderFrames'> {
  if (bits.bit() && bits.bits(8) === 255) bits.skip(32) // aspect ratio
  if (bits.bit()) bits.skip(1) // overscan
  if (bits.bit()) {
    bits.skip(4) // video format and range
    if (bits.bit()) bits.skip(24)
  }
  if (bits.bit()) {
    bits.ue() // chroma location
    bits.ue()
  }
  const timing = bits.bit() ? { tick: bits.bits(32), scale: bits.bits(32) } : undefined
  if (timing) bits.skip(1)
  const framesPerSecond = timing && timing.tick > 0 && !bits.overrun ? timing.scale / (2 * timing.tick) : undefined

  const nalHrd = bits.bit() === 1
  if (nalHrd) skipHrd(bits)
  const vclHrd = bits.bit() === 1
  if (vclHrd) skipHrd(bits)
  if (nalHrd || vclHrd) bits.skip(1)
  bits.skip(1) // pic_struct_present_flag
  if (!bits.bit()) return { framesPerSecond, maxReorderFrames: undefined }
  bits.skip(1)
  for (let i = 0; i < 4; i++) bits.ue()
  const maxReorderFrames = bits.ue()
  return { framesPerSecond, maxReorderFrames: bits.overrun ? undefined : maxReorderFrames }
}

function skipHrd(bits: BitReader): void {
  const count = bits.ue() + 1
  bits.skip(8)
  for (let i = 0; i < count && !bits.overrun; i++) {
    bits.ue()
    bits.ue()
    bits.skip(1)
  }
  bits.skip(20)
}
