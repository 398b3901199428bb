import { caps, chain, element, type Fragment, inputFd, outputFd } from '../../native/gst.ts'
import { MAX_PAYLOAD_BYTES } from '../kit/rtp/rtp-sender.ts'
import type { PictureSize } from './jpeg.ts'

/** The name of the payloader. */
export const PAYLOADER = 'pay'

/** Larger pictures are made smaller for WebRTC. */
const MAX_WIDTH_PX = 1_920
const MAX_HEIGHT_PX = 1_080
const MIN_BITRATE_BPS = 300_000
const BITS_PER_PIXEL = 0.09
const RTP_HEADER_BYTES = 12

/** What this size needs to look like its source, in bits per second. */
export function bitrateFor({ widthPx, heightPx }: PictureSize, framesPerSecond: number): number {
  const pixels = Math.min(widthPx, MAX_WIDTH_PX) * Math.min(heightPx, MAX_HEIGHT_PX)
  return Math.max(MIN_BITRATE_BPS, Math.round(pixels * framesPerSecond * BITS_PER_PIXEL))
}

/** JPEGs in, as `gdp.ts` writes them; H.264 as RTP out, each packet behind its length. Keyframes come when they are asked for. */
export function jpegToH264(bitrateBps: number): Fragment {
  const even = (max: number) => `(int)[2,${max},2]`
  return chain(
    element('fdsrc', { fd: inputFd(0), blocksize: 65_536 }),
    element('gdpdepay'),
    // When the encoder is too slow pictures are left out here, oldest first.
    element('queue', { leaky: 'downstream', 'max-size-buffers': 2, 'max-size-bytes': 0, 'max-size-time': 0 }),
    element('jpegdec', { 'max-errors': -1 }),
    element('videoconvert'),
    element('videoscale'),
    element('capsfilter', {
      caps: `video/x-raw,format=I420,width=${even(MAX_WIDTH_PX)},height=${even(MAX_HEIGHT_PX)},pixel-aspect-ratio=(fraction)1/1`,
    }),
    element('x264enc', {
      tune: 'zerolatency',
      'speed-preset': 'superfast',
      bitrate: Math.ceil(bitrateBps / 1_000),
      'vbv-buf-capacity': 1_000,
      'key-int-max': 300,
      bframes: 0,
      threads: 1,
      aud: false,
    }),
    caps('video/x-h264', { profile: 'constrained-baseline' }),
    element('rtph264pay', {
      name: PAYLOADER,
      'aggregate-mode': 'zero-latency',
      'config-interval': -1,
      mtu: MAX_PAYLOAD_BYTES + RTP_HEADER_BYTES,
      pt: 96,
      'timestamp-offset': 0,
    }),
    element('rtpstreampay'),
    element('fdsink', { fd: outputFd(0, 1), sync: false, async: false }),
  )
}
