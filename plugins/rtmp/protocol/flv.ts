import type { Writable } from 'node:stream'
import type { MediaKind } from './session-time.ts'

/** One message of a published stream, as an FLV tag holds it. */
export interface MediaMessage {
  type: MediaKind
  /** Session time in milliseconds: from 0, never back within one type. */
  timestampMs: number
  payload: Buffer
}

const TAG_TYPE = { audio: 8, video: 9, data: 18 } as const

/**
 * The 13 bytes an FLV stream starts with. Both flags are set even if one medium never comes: demuxers cope with that, but
 * not with a medium that was not announced.
 */
export function flvHeader(): Buffer {
  return Buffer.of(0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0)
}

/** The bytes before and after the payload of a tag. FLV time has 32 bits and wraps after 49.7 days. */
export function flvTag({ type, timestampMs, payload }: MediaMessage): { head: Buffer; tail: Buffer } {
  const frame = Buffer.allocUnsafe(15)
  frame[0] = TAG_TYPE[type]
  frame.writeUIntBE(payload.length, 1, 3)
  frame.writeUIntBE(timestampMs % 0x1000000, 4, 3)
  frame[7] = Math.floor(timestampMs / 0x1000000) & 0xff
  frame.writeUIntBE(0, 8, 3)
  frame.writeUInt32BE(payload.length + 11, 11)
  return { head: frame.subarray(0, 11), tail: frame.subarray(11) }
}

/**
 * Writes one tag in a single system call and without copying its payload.
 *
 * @returns false when the stream has enough for now: wait for its `drain`.
 */
export function writeFlvTag(stream: Writable, message: MediaMessage): boolean {
  const { head, tail } = flvTag(message)
  stream.cork()
  stream.write(head)
  stream.write(message.payload)
  const more = stream.write(tail)
  stream.uncork()
  return more
}
