import { MessageType, type RtmpMessage } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

const MAX_MESSAGE_BYTES = 8 * 1024 * 1024
/** Of all messages that are under way at once: room for two of the largest. */
const MAX_PENDING_BYTES = 2 * MAX_MESSAGE_BYTES
const MAX_CHUNK_STREAMS = 64
const FIRST_BUFFER_BYTES = 64 * 1024
const EXTENDED = 0xffffff
/** Message header bytes by chunk format. */
const HEADER_BYTES = [11, 7, 3, 0] as const
const EMPTY: Buffer = Buffer.alloc(0)

interface ChunkStream {
  type: number
  streamId: number
  length: number
  timestamp: number
  delta: number
  /** The timestamp field of the last full header when it was extended; format 3 chunks repeat it, or do not. */
  extended: number | undefined
  payload: Buffer
  received: number
}

/**
 * Puts chunks together to messages: at most 8 MiB each, 16 MiB under way at once, 64 chunk streams.
 *
 * Payloads are copied out of the socket's buffers once and belong to the receiver. Their memory grows with what has arrived,
 * never with what a header promises. Set-chunk-size and abort messages act here and are delivered as well.
 *
 * @see Adobe RTMP 1.0 section 5.3
 */
export class ChunkReader {
  readonly #deliver: (message: RtmpMessage) => void
  readonly #streams = new Map<number, ChunkStream>()
  #chunkSize = 128
  #rest: Buffer = EMPTY
  #pendingBytes = 0
  /** The chunk whose payload comes next, and how much of it is missing. */
  #current: ChunkStream | undefined
  #missing = 0
  #held = false

  constructor(deliver: (message: RtmpMessage) => void) {
    this.#deliver = deliver
  }

  /** Bytes that wait behind `hold()`, or the few of an unfinished header. */
  get bufferedBytes(): number {
    return this.#rest.length
  }

  /** Delivers nothing more, from the next message on, and keeps what comes: bounding that is the caller's part. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    if (!this.#held) return
    this.#held = false
    this.push(EMPTY)
  }

  /** @throws {ProtocolError} when the bytes are no chunks or exceed a limit; the reader can not be used after that. */
  push(bytes: Buffer): void {
    const input = this.#rest.length === 0 ? bytes : bytes.length === 0 ? this.#rest : Buffer.concat([this.#rest, bytes])
    // Emptied first: a receiver may hold and release while it is being called.
    this.#rest = EMPTY
    let at = 0
    while (!this.#held) {
      if (this.#current) {
        const take = Math.min(this.#missing, input.length - at)
        if (take > 0) this.#append(this.#current, input, at, take)
        at += take
        this.#missing -= take
        if (this.#missing > 0) break
        this.#finishChunk(this.#current)
      } else {
        const next = this.#readHeader(input, at)
        if (next === undefined) break
        at = next
      }
    }
    this.#rest = at === input.length ? EMPTY : input.subarray(at)
  }

  /** Reads one chunk header; returns where its payload starts, or undefined when the header has not come whole yet. */
  #readHeader(input: Buffer, start: number): number | undefined {
    const first = input[start]
    if (first === undefined) return undefined
    const idBytes = (first & 0x3f) === 0 ? 2 : (first & 0x3f) === 1 ? 3 : 1
    const format = (first >> 6) as 0 | 1 | 2 | 3
    let at = start + idBytes
    if (input.length < at + HEADER_BYTES[format]) return undefined
    const id = idBytes === 1 ? first & 0x3f : input[start + 1]! + 64 + (idBytes === 3 ? input[start + 2]! * 256 : 0)

    const stream = this.#streams.get(id) ?? this.#openStream(id, format)
    const field = format === 3 ? 0 : input.readUIntBE(at, 3)
    // Both kinds of format 3 must be seen whole before anything changes: this is called again when bytes are missing.
    if (format === 3 ? stream.extended !== undefined : field === EXTENDED) {
      if (input.length < at + HEADER_BYTES[format] + 4) return undefined
    }
    const starts = stream.received === 0
    if (!starts && format !== 3) throw new ProtocolError(`a message on chunk stream ${id} began inside another`)

    if (format === 3) {
      if (stream.extended !== undefined) {
        const repeated = input.readUInt32BE(at)
        if (repeated === stream.extended || repeated === stream.timestamp) at += 4
      }
      if (starts) stream.timestamp = (stream.timestamp + stream.delta) >>> 0
    } else {
      if (format < 2) {
        stream.length = input.readUIntBE(at + 3, 3)
        stream.type = input[at + 6]!
        if (stream.length > MAX_MESSAGE_BYTES) throw new ProtocolError(`a message of ${stream.length} bytes`)
      }
      if (format === 0) stream.streamId = input.readUInt32LE(at + 7)
      at += HEADER_BYTES[format]
      stream.extended = field === EXTENDED ? input.readUInt32BE(at) : undefined
      if (stream.extended !== undefined) at += 4
      this.#setTime(stream, format, stream.extended ?? field)
    }
    this.#current = stream
    this.#missing = Math.min(this.#chunkSize, stream.length - stream.received)
    return at
  }

  #setTime(stream: ChunkStream, format: 0 | 1 | 2, value: number): void {
    if (format === 0) {
      stream.timestamp = value
      // A format 3 message right after repeats this as its delta, says the document; librtmp means "the same time" by it.
      // Only a small value can be meant as a delta.
      stream.delta = value <= 1_000 ? value : 0
    } else {
      stream.timestamp = (stream.timestamp + value) >>> 0
      stream.delta = value
    }
  }

  #openStream(id: number, format: number): ChunkStream {
    // Some encoders open with format 1, which only lacks the message stream id.
    if (format > 1) throw new ProtocolError(`chunk stream ${id} starts with a format ${format} chunk`)
    if (this.#streams.size >= MAX_CHUNK_STREAMS) throw new ProtocolError(`more than ${MAX_CHUNK_STREAMS} chunk streams`)
    const stream = { type: 0, streamId: 0, length: 0, timestamp: 0, delta: 0, extended: undefined, payload: EMPTY, received: 0 }
    this.#streams.set(id, stream)
    return stream
  }

  #append(stream: ChunkStream, input: Buffer, at: number, length: number): void {
    const needed = stream.received + length
    if (stream.payload.length < needed) {
      const size = Math.min(stream.length, Math.max(FIRST_BUFFER_BYTES, needed, stream.payload.length * 2))
      const grown = Buffer.allocUnsafe(size)
      stream.payload.copy(grown, 0, 0, stream.received)
      stream.payload = grown
    }
    input.copy(stream.payload, stream.received, at, at + length)
    stream.received = needed
    this.#pendingBytes += length
    if (this.#pendingBytes > MAX_PENDING_BYTES) throw new ProtocolError('too many large messages at once')
  }

  #finishChunk(stream: ChunkStream): void {
    this.#current = undefined
    if (stream.received < stream.length) return
    const { type, streamId, timestamp } = stream
    const payload = stream.payload
    this.#drop(stream)
    const message = { type, streamId, timestamp, payload }
    if (type === MessageType.SET_CHUNK_SIZE) this.#setChunkSize(payload)
    else if (type === MessageType.ABORT && payload.length >= 4) this.#abort(payload.readUInt32BE(0))
    this.#deliver(message)
  }

  #setChunkSize(payload: Buffer): void {
    const size = payload.length >= 4 ? payload.readUInt32BE(0) : 0
    if (size < 1 || size > 0x7fffffff) throw new ProtocolError(`a chunk size of ${size}`)
    this.#chunkSize = size
  }

  #abort(id: number): void {
    const stream = this.#streams.get(id)
    if (stream) this.#drop(stream)
  }

  #drop(stream: ChunkStream): void {
    this.#pendingBytes -= stream.received
    stream.received = 0
    stream.payload = EMPTY
  }
}
