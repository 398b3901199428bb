/** Elements of Matroska that are written or read here. @see RFC 9559 section 5 */
export const ID = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  info: 0x1549a966,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  timestampScale: 0x2ad7b1,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
} as const

/** Of an element whose end is where the next one of its level begins. */
const UNKNOWN_SIZE = Buffer.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

/** An element with its content. */
export function element(id: number, ...content: readonly Buffer[]): Buffer {
  return Buffer.concat([idOf(id), sizeOf(content.reduce((sum, { length }) => sum + length, 0)), ...content])
}

/** An element that goes on to the end of the file. */
export function openElement(id: number): Buffer {
  return Buffer.concat([idOf(id), UNKNOWN_SIZE])
}

export function unsigned(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return element(id, bytes.subarray(Math.min(7, bytes.findIndex((byte) => byte !== 0) >>> 0)))
}

export function float(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return element(id, bytes)
}

export function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value))
}

function idOf(id: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(id)
  return bytes.subarray(id > 0xffffff ? 0 : id > 0xffff ? 1 : id > 0xff ? 2 : 3)
}

function sizeOf(size: number): Buffer {
  if (size < 0x7f) return Buffer.of(0x80 | size)
  if (size < 0x3fff) return Buffer.of(0x40 | (size >> 8), size & 0xff)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(size) | (1n << 56n))
  return bytes
}
