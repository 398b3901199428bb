import { MediaError } from '../../core/kernel/errors.ts'
import { chain, describeCaps, element, type Fragment, launch, outputFd } from '../../native/gst.ts'

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

/**
 * A pipeline that turns the next picture of a track into one JPEG on its first output.
 *
 * @param codec As a track names it: `H264`.
 * @param widthPx At most; the height follows.
 * @throws {MediaError} `CODEC_UNSUPPORTED` when GStreamer can not read it out of RTP.
 */
export function pictureLaunch(codec: string, widthPx: number, quality: number): Fragment {
  const encodingName = codec.toUpperCase()
  const decoder = DECODERS[encodingName]
  if (!decoder) throw new MediaError('CODEC_UNSUPPORTED', { codec })
  const rtpCaps = describeCaps('application/x-rtp', { media: 'video', 'clock-rate': 90_000, 'encoding-name': encodingName })
  return launch(
    chain(
      element('udpsrc', { name: RTP, address: '127.0.0.1', port: 0, 'buffer-size': RTP_BUFFER_BYTES, caps: rtpCaps }),
      decoder,
      element('videoconvert'),
      element('videoscale'),
      element('capsfilter', {
        caps: `video/x-raw,format=I420,colorimetry=(string)${JFIF_COLOURS},width=(int)[1,${widthPx}],pixel-aspect-ratio=(fraction)1/1`,
      }),
      element('jpegenc', { quality, snapshot: true }),
      element('fdsink', { fd: outputFd(0, 0), sync: false }),
    ),
    // The tap sends its reports somewhere.
    chain(element('udpsrc', { name: RTCP, address: '127.0.0.1', port: 0 }), element('fakesink', { sync: false, async: false })),
  )
}
