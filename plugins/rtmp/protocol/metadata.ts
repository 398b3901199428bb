import { type AmfValue, decodeAmf0, isAmfObject } from './amf0.ts'
import { MAX_AMF_BYTES, MessageType, type RtmpMessage } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

/** What an encoder says about its stream in `onMetaData`; only what it said, and only if it can be true. */
export interface StreamMetadata {
  encoder?: string
  widthPx?: number
  heightPx?: number
  framesPerSecond?: number
  videoBitrateBps?: number
  audioBitrateBps?: number
  audioSampleRateHz?: number
}

/** The name that encoders put in front of a data message to have it kept for later players. */
const SET_DATA_FRAME = '@setDataFrame'
/** Bytes of that name as an AMF0 string. */
const SET_DATA_FRAME_BYTES = 3 + SET_DATA_FRAME.length

/** What a data message holds as an FLV tag would: AMF0 that starts with the event's own name. */
export function dataPayload({ type, payload }: RtmpMessage): Buffer {
  const body = type === MessageType.DATA_AMF3 ? payload.subarray(1) : payload
  const wrapped = body.toString('latin1', 3, SET_DATA_FRAME_BYTES) === SET_DATA_FRAME
  return wrapped ? body.subarray(SET_DATA_FRAME_BYTES) : body
}

/** Reads `onMetaData`; undefined when it is another event or malformed, which is no reason to lose a stream. */
export function readMetadata(payload: Buffer): StreamMetadata | undefined {
  const values = tryDecode(payload)
  const [name, object] = values ?? []
  if (name !== 'onMetaData' || !isAmfObject(object)) return undefined
  const metadata: StreamMetadata = {}
  if (typeof object.encoder === 'string') metadata.encoder = object.encoder.slice(0, 256)
  const put = (field: Exclude<keyof StreamMetadata, 'encoder'>, value: AmfValue, factor = 1) => {
    if (typeof value === 'number' && value > 0 && value < 1e9) metadata[field] = value * factor
  }
  put('widthPx', object.width)
  put('heightPx', object.height)
  put('framesPerSecond', object.framerate ?? object.videoframerate)
  put('videoBitrateBps', object.videodatarate, 1000)
  put('audioBitrateBps', object.audiodatarate, 1000)
  put('audioSampleRateHz', object.audiosamplerate)
  return metadata
}

function tryDecode(payload: Buffer): AmfValue[] | undefined {
  if (payload.length > MAX_AMF_BYTES) return undefined
  try {
    return decodeAmf0(payload)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
