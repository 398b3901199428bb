import { sequenceSize } from './av1-sequence.ts'
import type { Codec } from './codec.ts'

const TYPE_SEQUENCE = 1
const TYPE_DELIMITER = 2
const TYPE_TILE_LIST = 8
const HAS_SIZE = 0x02
const HAS_EXTENSION = 0x04

/** @see RTP Payload Format For AV1, section 4; AV1 in Matroska */
export const av1: Codec = {
  kind: 'video',
  name: 'AV1',
  matroskaId: 'V_AV1',

  frame(payloads) {
    const obus = obusOf(payloads).filter((obu) => ![TYPE_DELIMITER, TYPE_TILE_LIST].includes(typeOf(obu)))
    if (obus.length === 0) return undefined
    // A new sequence is told of with every keyframe, and never elsewhere.
    return { data: Buffer.concat(obus.map(sized)), isKeyframe: obus.some((obu) => typeOf(obu) === TYPE_SEQUENCE) }
  },

  setup(keyframe) {
    const sequence = sequenceOf(keyframe)
    if (!sequence) return undefined
    const { obu, payload } = sequence
    const { configuration, ...size } = sequenceSize(payload)
    return { private: Buffer.concat([configuration, obu]), ...size }
  },
}

const typeOf = (obu: Buffer) => (obu[0]! >> 3) & 0x0f

function obusOf(payloads: readonly Buffer[]): Buffer[] {
  const obus: Buffer[] = []
  let fragments: Buffer[] = []
  for (const payload of payloads) {
    const aggregation = payload[0]!
    const elements = elementsOf(payload.subarray(1), (aggregation >> 4) & 3)
    for (const [index, element] of elements.entries()) {
      if (index > 0 || (aggregation & 0x80) === 0) fragments = []
      fragments.push(element)
      const goesOn = index === elements.length - 1 && (aggregation & 0x40) !== 0
      if (!goesOn) obus.push(Buffer.concat(fragments))
    }
  }
  return obus.filter(({ length }) => length > 0)
}

/** @param count 0: each element tells its length; otherwise the last of so many takes the rest. */
function elementsOf(data: Buffer, count: number): Buffer[] {
  const elements: Buffer[] = []
  let rest = data
  while (rest.length > 0) {
    if (count > 0 && elements.length === count - 1) return [...elements, rest]
    const { value, bytes } = leb128At(rest, 0)
    elements.push(rest.subarray(bytes, bytes + value))
    rest = rest.subarray(bytes + value)
  }
  return elements
}

/** With its size in it, which senders leave out of RTP. */
function sized(obu: Buffer): Buffer {
  const header = obu[0]!
  if ((header & HAS_SIZE) !== 0) return obu
  const headBytes = (header & HAS_EXTENSION) !== 0 ? 2 : 1
  const head = Buffer.from(obu.subarray(0, headBytes))
  head[0] = header | HAS_SIZE
  return Buffer.concat([head, leb128(obu.length - headBytes), obu.subarray(headBytes)])
}

function sequenceOf(frame: Buffer): { obu: Buffer; payload: Buffer } | undefined {
  for (let at = 0; at < frame.length; ) {
    const headBytes = (frame[at]! & HAS_EXTENSION) !== 0 ? 2 : 1
    const { value, bytes } = leb128At(frame, at + headBytes)
    const begin = at + headBytes + bytes
    const obu = frame.subarray(at, begin + value)
    if (typeOf(obu) === TYPE_SEQUENCE) return { obu, payload: frame.subarray(begin, begin + value) }
    at = begin + value
  }
  return undefined
}

function leb128At(data: Buffer, at: number): { value: number; bytes: number } {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = data[at + index]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * index)
    if ((byte & 0x80) === 0) return { value, bytes: index + 1 }
  }
  // Malformed: takes everything, decodes to nothing.
  return { value: data.length, bytes: 1 }
}

function leb128(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}
