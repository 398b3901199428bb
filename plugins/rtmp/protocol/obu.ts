/** OBU types. @see AV1 bitstream specification, section 6.2.2 */
export const ObuType = { SEQUENCE_HEADER: 1, TEMPORAL_DELIMITER: 2, TILE_LIST: 8, PADDING: 15 } as const

const HAS_EXTENSION = 4
const HAS_SIZE = 2

/**
 * The OBUs of a low-overhead bitstream, which is how FLV and MP4 store AV1; each without its own size, as RTP wants it.
 * What claims to be longer than the rest is left out, and so is what follows it.
 *
 * @see AV1 bitstream specification, section 5.3
 */
export function readObus(data: Buffer): Buffer[] {
  const obus: Buffer[] = []
  let at = 0
  while (at < data.length) {
    const first = data[at]!
    const headBytes = first & HAS_EXTENSION ? 2 : 1
    if (!(first & HAS_SIZE)) {
      obus.push(data.subarray(at))
      break
    }
    const size = readLeb128(data, at + headBytes)
    if (!size || size.end + size.value > data.length) break
    const head = Buffer.from(data.subarray(at, at + headBytes))
    head[0] = first & ~HAS_SIZE
    at = size.end + size.value
    obus.push(Buffer.concat([head, data.subarray(size.end, at)]))
  }
  return obus
}

export function obuType(obu: Buffer): number {
  return (obu[0]! >> 3) & 0x0f
}

/** What follows an OBU's header; the OBU is one without a size of its own. */
export function obuBody(obu: Buffer): Buffer {
  return obu.subarray(obu[0]! & HAS_EXTENSION ? 2 : 1)
}

/** @see AV1 bitstream specification, section 4.10.5 */
export function leb128(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.of(...bytes, rest)
}

function readLeb128(data: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0
  for (let index = 0; index < 8 && from + index < data.length; index++) {
    const byte = data[from + index]!
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (!(byte & 0x80)) return { value, end: from + index + 1 }
  }
  return undefined
}
