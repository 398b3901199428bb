import { MediaError } from '../../core/kernel/errors.ts'
import { chain, describeCaps, element, type Fragment, inputFd, launch, outputFd } from '../../native/gst.ts'
import { REPLAY_PAYLOAD_TYPE } from '../kit/rtp/replay.ts'

const RTP_BUFFER_BYTES = 4 << 20

/** Names of the elements whose ports the tap needs to know. */
export const RTP = 'rtp'
export const RTCP = 'rtcp'

/** Full range, BT.601 matrix: what every reader of a JPEG takes for granted, and jpegenc does not see to. */
const JFIF_COLOURS = '1:4:0:0'

/** From RTP packets to raw frames, beginning with a keyframe. */
const DECODERS: Readonly<Record<string, Fragment>> = {
  H264: chain(element('rtph264depay', { 'wait-for-keyframe': true }), element('h264parse'), element('avdec_h264', { 'max-threads': 1 })),
  VP8: chain(element('rtpvp8depay', { 'wait-for-keyframe': true }), element('vp8dec', { threads: 1 })),
  VP9: chain(element('rtpvp9depay', { 'wait-for-keyframe': true }), element('vp9dec', { threads: 1 })),
}

/** Comes as a bitstream over the first input, because no element here reads it out of RTP. */
const AV1 = chain(
  element('fdsrc', { fd: inputFd(0) }),
  element('typefind', { 'force-caps': describeCaps('video/x-av1', { 'stream-format': 'obu-stream' }) }),
  element('av1parse'),
  element('av1dec'),
)

/**
 * A pipeline that turns the next picture of a track into one JPEG on its first output.
 *
 * @param codec As a track names it: `H264`.
 * @param widthPx At most; the height follows.
 * @throws {MediaError} `CODEC_UNSUPPORTED` when GStreamer can not decode it.
 */
export function picturePipeline(codec: string, widthPx: number, quality: number): { launch: Fragment; inputs: number; outputs: number } {
  const encodingName = codec.toUpperCase()
  const inputs = encodingName === 'AV1' ? 1 : 0
  const toJpeg = jpegs({ widthPx, quality, inputs, isOne: true })
  if (inputs === 1) return { launch: chain(AV1, toJpeg), inputs, outputs: 1 }

  const decoder = DECODERS[encodingName]
  if (!decoder) throw new MediaError('CODEC_UNSUPPORTED', { codec })
  const rtpCaps = describeCaps('application/x-rtp', { media: 'video', 'clock-rate': 90_000, 'encoding-name': encodingName })
  const rtp = element('udpsrc', { name: RTP, address: '127.0.0.1', port: 0, 'buffer-size': RTP_BUFFER_BYTES, caps: rtpCaps })
  // The tap sends its reports somewhere.
  const rtcp = chain(element('udpsrc', { name: RTCP, address: '127.0.0.1', port: 0 }), element('fakesink', { sync: false, async: false }))
  return { launch: launch(chain(rtp, decoder, toJpeg), rtcp), inputs, outputs: 1 }
}

/**
 * A pipeline that turns what leads to the present picture, replayed into its input, into JPEGs: of the first picture and of the
 * last one, which comes a second later. It ends with its input.
 */
export function replayPipeline(widthPx: number, quality: number): { launch: Fragment; inputs: number; outputs: number } {
  const inputs = 1
  const rtp = { media: 'video', 'clock-rate': 90_000, 'encoding-name': 'H264', payload: REPLAY_PAYLOAD_TYPE }
  const pictures = chain(
    element('fdsrc', { fd: inputFd(0) }),
    element('capsfilter', { caps: describeCaps('application/x-rtp-stream', rtp) }),
    element('rtpstreamdepay'),
    element('rtpjitterbuffer', { mode: 'none', latency: 0 }),
    element('rtph264depay'),
    element('h264parse'),
    element('avdec_h264', { 'max-threads': 2 }),
    element('videorate', { 'drop-only': true, 'max-rate': 2 }),
  )
  return { launch: chain(pictures, jpegs({ widthPx, quality, inputs, isOne: false })), inputs, outputs: 1 }
}

/** From raw pictures to JPEGs on the first output. */
function jpegs({ widthPx, quality, inputs, isOne }: { widthPx: number; quality: number; inputs: number; isOne: boolean }): Fragment {
  const size = `width=(int)[1,${widthPx}],pixel-aspect-ratio=(fraction)1/1`
  return chain(
    element('videoconvert'),
    element('videoscale'),
    element('capsfilter', { caps: `video/x-raw,format=I420,colorimetry=(string)${JFIF_COLOURS},${size}` }),
    element('jpegenc', { quality, snapshot: isOne }),
    element('fdsink', { fd: outputFd(0, inputs), sync: false }),
  )
}
