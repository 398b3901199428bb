import type { MediaMessage } from './protocol/flv.ts'
import { parseVideoTag, type VideoTag } from './protocol/video-tag.ts'

const CLASSIC_HEAD_BYTES = 5
const H264 = 7

/** H.264 that came in the enhanced form, in the classic one: what pipelines here can read. Other codecs stay as they are. */
export function classicVideo(message: MediaMessage, tag: VideoTag): { message: MediaMessage; tag: VideoTag } {
  if (!tag.enhanced || tag.codec !== 'H264') return { message, tag }
  const head = Buffer.alloc(CLASSIC_HEAD_BYTES)
  head[0] = ((tag.isKeyframe || tag.packet === 'SEQUENCE_HEADER' ? 1 : 2) << 4) | H264
  head[1] = tag.packet === 'SEQUENCE_HEADER' ? 0 : tag.packet === 'SEQUENCE_END' ? 2 : 1
  head.writeIntBE(tag.compositionTimeMs, 2, 3)
  const payload = Buffer.concat([head, message.payload.subarray(tag.dataOffset)])
  return { message: { ...message, payload }, tag: parseVideoTag(payload) ?? tag }
}
