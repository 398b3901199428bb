import { ProtocolError } from './protocol-error.ts'

/** What AMF0 can say. Objects have no prototype; ECMA arrays are read as objects. */
export type AmfValue = undefined | null | boolean | number | string | Date | AmfValue[] | AmfObject
export interface AmfObject {
  [key: string]: AmfValue
}

const MAX_DEPTH = 16
const MAX_VALUES = 8_192

const Marker = {
  NUMBER: 0,
  BOOLEAN: 1,
  STRING: 2,
  OBJECT: 3,
  NULL: 5,
  UNDEFINED: 6,
  REFERENCE: 7,
  ECMA_ARRAY: 8,
  OBJECT_END: 9,
  STRICT_ARRAY: 10,
  DATE: 11,
  LONG_STRING: 12,
  UNSUPPORTED: 13,
  XML: 15,
  TYPED_OBJECT: 16,
} as const

/**
 * Reads every value of a message body, at most 16 deep and 8192 in all.
 *
 * References are refused: no encoder sends them, and they are what makes a small message huge once it is printed.
 * @throws {ProtocolError} when the bytes end early, nest too deep or hold a marker that is not AMF0.
 * @see Action Message Format AMF 0, Adobe 2007
 */
export function decodeAmf0(bytes: Buffer): AmfValue[] {
  const reader = new AmfReader(bytes)
  const values: AmfValue[] = []
  while (!reader.atEnd) values.push(reader.value(0))
  return values
}

/** Narrows to an object, so that its properties can be asked for. */
export function isAmfObject(value: AmfValue): value is AmfObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

class AmfReader {
  readonly #bytes: Buffer
  #at = 0
  #left = MAX_VALUES

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  value(depth: number): AmfValue {
    if (depth > MAX_DEPTH) throw new ProtocolError(`AMF0 nests deeper than ${MAX_DEPTH}`)
    if (this.#left-- === 0) throw new ProtocolError(`AMF0 holds more than ${MAX_VALUES} values`)
    const marker = this.#bytes[this.#take(1)]
    switch (marker) {
      case Marker.NUMBER:
        return this.#bytes.readDoubleBE(this.#take(8))
      case Marker.BOOLEAN:
        return this.#bytes[this.#take(1)] !== 0
      case Marker.STRING:
        return this.#string()
      case Marker.LONG_STRING:
      case Marker.XML:
        return this.#text(this.#bytes.readUInt32BE(this.#take(4)))
      case Marker.NULL:
        return null
      case Marker.UNDEFINED:
      case Marker.UNSUPPORTED:
        return undefined
      case Marker.DATE: {
        const date = new Date(this.#bytes.readDoubleBE(this.#take(8)))
        this.#take(2)
        return date
      }
      case Marker.OBJECT:
        return this.#object(depth)
      case Marker.ECMA_ARRAY:
        this.#take(4)
        return this.#object(depth)
      case Marker.TYPED_OBJECT:
        this.#string()
        return this.#object(depth)
      case Marker.STRICT_ARRAY:
        return this.#array(depth)
      default:
        throw new ProtocolError(`AMF0 has no marker ${marker}`)
    }
  }

  #object(depth: number): AmfObject {
    const object: AmfObject = Object.create(null)
    for (;;) {
      const key = this.#string()
      if (key === '' && this.#bytes[this.#at] === Marker.OBJECT_END) {
        this.#at++
        return object
      }
      // Some encoders leave the end marker of the last ECMA array out.
      if (key === '' && this.atEnd) return object
      const value = this.value(depth + 1)
      if (key !== '__proto__') object[key] = value
    }
  }

  #array(depth: number): AmfValue[] {
    const length = this.#bytes.readUInt32BE(this.#take(4))
    if (length > this.#bytes.length - this.#at) throw new ProtocolError('an AMF0 array ends early')
    const values: AmfValue[] = []
    for (let i = 0; i < length; i++) values.push(this.value(depth + 1))
    return values
  }

  #string(): string {
    if (this.atEnd) return ''
    return this.#text(this.#bytes.readUInt16BE(this.#take(2)))
  }

  #text(length: number): string {
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw new ProtocolError('AMF0 ends in the middle of a value')
    this.#at = start + length
    return start
  }
}

/** Writes values one after the other, as commands and data messages hold them. */
export function encodeAmf0(...values: AmfValue[]): Buffer {
  const parts: Buffer[] = []
  for (const value of values) encodeValue(value, parts, 0)
  return Buffer.concat(parts)
}

function encodeValue(value: AmfValue, parts: Buffer[], depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError(`a value nests deeper than ${MAX_DEPTH}`)
  if (value === undefined) parts.push(Buffer.of(Marker.UNDEFINED))
  else if (value === null) parts.push(Buffer.of(Marker.NULL))
  else if (typeof value === 'boolean') parts.push(Buffer.of(Marker.BOOLEAN, value ? 1 : 0))
  else if (typeof value === 'number') parts.push(Buffer.of(Marker.NUMBER), double(value))
  else if (typeof value === 'string') encodeString(value, parts)
  else if (value instanceof Date) parts.push(Buffer.of(Marker.DATE), double(value.getTime()), Buffer.alloc(2))
  else if (Array.isArray(value)) {
    parts.push(Buffer.of(Marker.STRICT_ARRAY), uint32(value.length))
    for (const item of value) encodeValue(item, parts, depth + 1)
  } else {
    parts.push(Buffer.of(Marker.OBJECT))
    for (const [key, item] of Object.entries(value)) {
      parts.push(shortText(key))
      encodeValue(item, parts, depth + 1)
    }
    parts.push(Buffer.of(0, 0, Marker.OBJECT_END))
  }
}

function encodeString(value: string, parts: Buffer[]): void {
  const text = Buffer.from(value)
  if (text.length > 0xffff) parts.push(Buffer.of(Marker.LONG_STRING), uint32(text.length), text)
  else parts.push(Buffer.of(Marker.STRING), shortText(value))
}

function shortText(value: string): Buffer {
  const text = Buffer.from(value)
  if (text.length > 0xffff) throw new RangeError('a property name is longer than 65535 bytes')
  return Buffer.concat([Buffer.of(text.length >> 8, text.length & 0xff), text])
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
