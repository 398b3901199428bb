import type { RtmpMessage } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

const TAG_HEAD_BYTES = 11
const BACK_POINTER_BYTES = 4

/**
 * Takes an aggregate message apart: FLV tags, the first of which happens at the time of the message. Payloads are not copied.
 *
 * @see Adobe RTMP 1.0 section 7.1.6
 */
export function* splitAggregate({ streamId, timestamp, payload }: RtmpMessage): Generator<RtmpMessage> {
  let firstTime: number | undefined
  let at = 0
  while (at + TAG_HEAD_BYTES <= payload.length) {
    const type = payload[at]! & 0x1f
    const length = payload.readUIntBE(at + 1, 3)
    const time = payload.readUIntBE(at + 4, 3) + payload[at + 7]! * 0x1000000
    const start = at + TAG_HEAD_BYTES
    if (start + length > payload.length) throw new ProtocolError('an aggregate message ends inside a part')
    firstTime ??= time
    yield { type, streamId, timestamp: (timestamp + time - firstTime) >>> 0, payload: payload.subarray(start, start + length) }
    at = start + length + BACK_POINTER_BYTES
  }
}
