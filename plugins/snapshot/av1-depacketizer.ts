const HEADER_BYTES = 12
const OBU_TEMPORAL_DELIMITER = Buffer.from([0x12, 0x00])
const OBU_TYPE_TEMPORAL_DELIMITER = 2

/**
 * Turns AV1 in RTP into a low-overhead bitstream, for which this GStreamer has no element. It begins with a keyframe, and
 * after a gap in the sequence waits for the next one.
 *
 * @see AV1 RTP payload specification, section 4
 */
export class Av1Depacketizer {
  #expected: number | undefined
  #timestamp: number | undefined
  #fragment: Buffer[] = []

  /** What is complete with this packet; empty for RTCP and for what comes before the first keyframe. */
  push(packet: Buffer): Buffer {
    const payload = payloadOf(packet)
    if (payload === undefined || payload.length < 2) return Buffer.alloc(0)
    const sequence = packet.readUInt16BE(2)
    const timestamp = packet.readUInt32BE(4)
    const aggregation = payload[0]!
    const startsSequence = (aggregation & 0x08) !== 0
    if (sequence !== this.#expected && !startsSequence) {
      this.#expected = undefined
      return Buffer.alloc(0)
    }
    this.#expected = (sequence + 1) & 0xffff

    const obus: Buffer[] = []
    if (timestamp !== this.#timestamp) obus.push(OBU_TEMPORAL_DELIMITER)
    this.#timestamp = timestamp
    const elements = elementsOf(payload.subarray(1), (aggregation >> 4) & 0x03)
    for (const [index, element] of elements.entries()) {
      if (index > 0 || (aggregation & 0x80) === 0) this.#fragment = []
      this.#fragment.push(element)
      const goesOn = index === elements.length - 1 && (aggregation & 0x40) !== 0
      if (!goesOn) obus.push(sized(Buffer.concat(this.#fragment)))
    }
    return Buffer.concat(obus)
  }
}

/** @see RFC 3550 section 5.1; RFC 5761 section 4 for what tells RTCP apart */
function payloadOf(packet: Buffer): Buffer | undefined {
  if (packet.length < HEADER_BYTES) return undefined
  const type = packet[1]! & 0x7f
  if (packet[0]! >> 6 !== 2 || (type >= 64 && type < 96)) return undefined
  let start = HEADER_BYTES + 4 * (packet[0]! & 0x0f)
  if ((packet[0]! & 0x10) !== 0) {
    if (packet.length < start + 4) return undefined
    start += 4 + 4 * packet.readUInt16BE(start + 2)
  }
  const padding = (packet[0]! & 0x20) !== 0 ? packet.at(-1)! : 0
  return packet.subarray(start, packet.length - padding)
}

/** @param count 0: each element tells its length; otherwise the last of so many takes the rest. */
function elementsOf(data: Buffer, count: number): Buffer[] {
  const elements: Buffer[] = []
  let rest = data
  while (rest.length > 0) {
    if (elements.length === count - 1) return [...elements, rest]
    const { value, bytes } = readLeb128(rest)
    elements.push(rest.subarray(bytes, bytes + value))
    rest = rest.subarray(bytes + value)
  }
  return elements
}

/** The OBU with its size in it, which senders leave out of RTP; nothing of a temporal delimiter, which is ours to write. */
function sized(obu: Buffer): Buffer {
  const header = obu[0]
  if (header === undefined || ((header >> 3) & 0x0f) === OBU_TYPE_TEMPORAL_DELIMITER) return Buffer.alloc(0)
  if ((header & 0x02) !== 0) return obu
  const headerBytes = (header & 0x04) !== 0 ? 2 : 1
  const head = Buffer.from(obu.subarray(0, headerBytes))
  head[0] = header | 0x02
  return Buffer.concat([head, leb128(obu.length - headerBytes), obu.subarray(headerBytes)])
}

function readLeb128(data: Buffer): { value: number; bytes: number } {
  let value = 0
  for (let index = 0; index < 5 && index < data.length; index++) {
    value += (data[index]! & 0x7f) * 2 ** (7 * index)
    if ((data[index]! & 0x80) === 0) return { value, bytes: index + 1 }
  }
  // Malformed: takes everything, decodes to nothing.
  return { value: data.length, bytes: 0 }
}

function leb128(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
