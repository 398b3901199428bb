import type { VideoConfig } from './video-config.ts'

/**
 * Reads a VPCodecConfigurationRecord: the data of a VP9 sequence header. It has no size in it.
 *
 * @returns undefined when it is malformed.
 * @see VP Codec ISO Media File Format Binding, section "VP Codec Configuration Box"
 */
export function parseVp9Config(record: Buffer): VideoConfig | undefined {
  // Some encoders send the version and flags of the MP4 box, others only what follows them.
  const fields = record.length >= 12 && record.readUInt32BE(0) === 0x01000000 ? record.subarray(4) : record
  if (fields.length < 8) return undefined
  const profile = fields[0]!
  return {
    profile,
    widthPx: undefined,
    heightPx: undefined,
    framesPerSecond: undefined,
    // Hidden frames travel with the next one that is shown.
    maxReorderFrames: 0,
    isPlainColour: profile === 0,
  }
}
