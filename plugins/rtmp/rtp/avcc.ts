/** NAL units of H.264 as FLV and MP4 store them, each behind its length. */

/** The units of one frame. What claims to be longer than the rest is left out. */
export function nalUnits(data: Buffer, lengthBytes: number): Buffer[] {
  const units: Buffer[] = []
  let at = 0
  while (at + lengthBytes <= data.length) {
    const length = data.readUIntBE(at, lengthBytes)
    at += lengthBytes
    if (length > data.length - at) break
    if (length > 0) units.push(data.subarray(at, at + length))
    at += length
  }
  return units
}

/** The SPS and PPS of an AVCDecoderConfigurationRecord. @see ISO/IEC 14496-15 section 5.3.3.1 */
export function parameterSets(record: Buffer): Buffer[] {
  const sets: Buffer[] = []
  let at = 5
  for (const mask of [0x1f, 0xff]) {
    let count = (record[at++] ?? 0) & mask
    for (; count > 0 && at + 2 <= record.length; count--) {
      const length = record.readUInt16BE(at)
      const set = record.subarray(at + 2, at + 2 + length)
      at += 2 + length
      if (set.length === length && length > 0) sets.push(set)
    }
  }
  return sets
}

/** Bytes before each unit, as the record says. */
export function nalLengthBytes(record: Buffer): number {
  return ((record[4] ?? 3) & 3) + 1
}
