import type { AudioTag } from './protocol/audio-tag.ts'
import type { MediaMessage } from './protocol/flv.ts'

/** AAC; the other bits of the first byte are the same for all of it. */
const AAC = 0xaf

/** AAC that came in the enhanced form, in the classic one: what pipelines here can read. */
export function classicAudio(message: MediaMessage, tag: AudioTag): MediaMessage {
  if (!tag.enhanced || tag.codec !== 'AAC') return message
  const head = Buffer.of(AAC, tag.packet === 'SEQUENCE_HEADER' ? 0 : 1)
  return { ...message, payload: Buffer.concat([head, message.payload.subarray(tag.dataOffset)]) }
}
