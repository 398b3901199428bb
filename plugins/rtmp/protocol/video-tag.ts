import { MediaError } from '../../../core/kernel/errors.ts'

export type VideoCodec = 'H264' | 'H265' | 'AV1' | 'VP8' | 'VP9' | 'H266' | 'H263' | 'VP6' | 'SCREEN' | 'UNKNOWN'

/** The head of a video message. */
export interface VideoTag {
  codec: VideoCodec
  isKeyframe: boolean
  packet: 'SEQUENCE_HEADER' | 'FRAME' | 'SEQUENCE_END' | 'METADATA' | 'OTHER'
  /** Presentation minus decoding time in milliseconds; not 0 where frames are reordered. */
  compositionTimeMs: number
  /** Whether it came in the enhanced form (FourCC); GStreamer 1.22 and older FFmpeg can not read that. */
  enhanced: boolean
  /** Where the codec's own data begins in the payload. */
  dataOffset: number
}

/** Where a sequence header's data begins, in the classic form and in the enhanced one. */
export const HEADER_DATA_OFFSET = 5

const LEGACY: Readonly<Record<number, VideoCodec>> = {
  2: 'H263',
  3: 'SCREEN',
  4: 'VP6',
  5: 'VP6',
  6: 'SCREEN',
  7: 'H264',
  12: 'H265',
  13: 'AV1',
}
const FOURCC: Readonly<Record<string, VideoCodec>> = {
  avc1: 'H264',
  hvc1: 'H265',
  hev1: 'H265',
  vvc1: 'H266',
  av01: 'AV1',
  vp08: 'VP8',
  vp09: 'VP9',
}
const KEY = 1
const GENERATED_KEY = 4
const COMMAND = 5

/**
 * Reads the head of a video message, in the classic form (codec ids 7 and, by convention, 12 and 13) or the enhanced one.
 *
 * @returns undefined when the message is empty or ends within its head: to be skipped.
 * @throws {MediaError} `CODEC_UNSUPPORTED` for multitrack and modified (ModEx) packets.
 * @see FLV 10.1 section E.4.3; Enhanced RTMP v2, "Enhanced Video"
 */
export function parseVideoTag(payload: Buffer): VideoTag | undefined {
  const first = payload[0]
  if (first === undefined) return undefined
  if (first & 0x80) return parseEnhanced(payload, first)

  const frameType = first >> 4
  const codec = LEGACY[first & 0x0f] ?? 'UNKNOWN'
  const isKeyframe = frameType === KEY || frameType === GENERATED_KEY
  if (frameType === COMMAND) return tag(codec, false, 'OTHER', 0, false, 1)
  if (codec !== 'H264' && codec !== 'H265' && codec !== 'AV1') return tag(codec, isKeyframe, 'FRAME', 0, false, 1)
  if (payload.length < 5) return undefined
  const packet = ([undefined, 'FRAME', 'SEQUENCE_END'] as const)[payload[1]!]
  if (payload[1] === 0) return tag(codec, false, 'SEQUENCE_HEADER', 0, false, 5)
  if (packet === undefined) return tag(codec, false, 'OTHER', 0, false, 5)
  return tag(codec, isKeyframe && packet === 'FRAME', packet, packet === 'FRAME' && codec !== 'AV1' ? payload.readIntBE(2, 3) : 0, false, 5)
}

function parseEnhanced(payload: Buffer, first: number): VideoTag | undefined {
  const frameType = (first >> 4) & 7
  const packetType = first & 0x0f
  if (packetType === 6) throw new MediaError('CODEC_UNSUPPORTED', { reason: 'multitrack RTMP video is not taken; send one track' })
  if (packetType === 7) throw new MediaError('CODEC_UNSUPPORTED', { reason: 'modified (ModEx) RTMP video packets are not taken' })
  if (frameType === COMMAND && packetType !== 4) return tag('UNKNOWN', false, 'OTHER', 0, true, 1)
  if (payload.length < 5) return undefined
  const codec = FOURCC[payload.toString('latin1', 1, 5)] ?? 'UNKNOWN'
  const isKeyframe = frameType === KEY || frameType === GENERATED_KEY
  switch (packetType) {
    case 0:
      return tag(codec, false, 'SEQUENCE_HEADER', 0, true, 5)
    case 1:
      if (codec !== 'H264' && codec !== 'H265' && codec !== 'H266') return tag(codec, isKeyframe, 'FRAME', 0, true, 5)
      return payload.length < 8 ? undefined : tag(codec, isKeyframe, 'FRAME', payload.readIntBE(5, 3), true, 8)
    case 2:
      return tag(codec, false, 'SEQUENCE_END', 0, true, 5)
    case 3:
      return tag(codec, isKeyframe, 'FRAME', 0, true, 5)
    case 4:
      return tag(codec, false, 'METADATA', 0, true, 5)
    default:
      return tag(codec, false, 'OTHER', 0, true, 5)
  }
}

function tag(
  codec: VideoCodec,
  isKeyframe: boolean,
  packet: VideoTag['packet'],
  compositionTimeMs: number,
  enhanced: boolean,
  dataOffset: number,
): VideoTag {
  return { codec, isKeyframe, packet, compositionTimeMs, enhanced, dataOffset }
}
