import { type AmfValue, decodeAmf0, encodeAmf0 } from './amf0.ts'
import { ProtocolError } from './protocol-error.ts'

/** Message types. @see Adobe RTMP 1.0 sections 5.4 and 7.1 */
export const MessageType = {
  SET_CHUNK_SIZE: 1,
  ABORT: 2,
  ACKNOWLEDGEMENT: 3,
  USER_CONTROL: 4,
  WINDOW_ACK_SIZE: 5,
  SET_PEER_BANDWIDTH: 6,
  AUDIO: 8,
  VIDEO: 9,
  DATA_AMF3: 15,
  COMMAND_AMF3: 17,
  DATA_AMF0: 18,
  COMMAND_AMF0: 20,
  AGGREGATE: 22,
} as const

/** User control events. @see Adobe RTMP 1.0 section 7.1.7 */
export const UserControl = { STREAM_BEGIN: 0, STREAM_EOF: 1, PING_REQUEST: 6, PING_RESPONSE: 7 } as const

/** One RTMP message, whole. */
export interface RtmpMessage {
  type: number
  /** Message stream id: 0 for the connection itself, else what `createStream` answered. */
  streamId: number
  /** Milliseconds, 32 bits as on the wire: it wraps after 49.7 days. */
  timestamp: number
  payload: Buffer
}

/** A remote call or its answer. `transactionId` 0 expects no answer. */
export interface Command {
  name: string
  transactionId: number
  /** The command object: settings for `connect`, null for nearly everything else. */
  object: AmfValue
  args: AmfValue[]
}

/** Commands and metadata need a few hundred bytes; what is much longer is an attack. */
export const MAX_AMF_BYTES = 256 * 1024

/**
 * Reads a command; the AMF3 form starts with one byte more and then holds AMF0.
 *
 * @throws {ProtocolError} when it is no command.
 */
export function readCommand({ type, payload }: RtmpMessage): Command {
  if (payload.length > MAX_AMF_BYTES) throw new ProtocolError(`a command of ${payload.length} bytes`)
  const [name, transactionId, object, ...args] = decodeAmf0(type === MessageType.COMMAND_AMF3 ? payload.subarray(1) : payload)
  if (typeof name !== 'string') throw new ProtocolError('a command has no name')
  return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, object, args }
}

export function commandMessage(streamId: number, name: string, transactionId: number, ...values: AmfValue[]): RtmpMessage {
  return { type: MessageType.COMMAND_AMF0, streamId, timestamp: 0, payload: encodeAmf0(name, transactionId, ...values) }
}

/** One of the control messages whose payload is a single number. */
export function controlMessage(type: number, value: number): RtmpMessage {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(value >>> 0)
  return { type, streamId: 0, timestamp: 0, payload }
}

/** Tells how many bytes we send before we expect an acknowledgement; `limit` 2 means "dynamic". */
export function peerBandwidthMessage(windowBytes: number, limit = 2): RtmpMessage {
  const payload = Buffer.alloc(5, limit)
  payload.writeUInt32BE(windowBytes)
  return { type: MessageType.SET_PEER_BANDWIDTH, streamId: 0, timestamp: 0, payload }
}

export function userControlMessage(event: number, value: number): RtmpMessage {
  const payload = Buffer.alloc(6)
  payload.writeUInt16BE(event)
  payload.writeUInt32BE(value >>> 0, 2)
  return { type: MessageType.USER_CONTROL, streamId: 0, timestamp: 0, payload }
}
