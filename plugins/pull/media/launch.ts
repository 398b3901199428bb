import { caps, chain, element, type Fragment, inputFd } from '../../../native/gst.ts'
import { type Encoding, encodeH264, encodeOpus, packetsOut } from '../../kit/rtp/encode.ts'
import type { TrackFormat } from '../source.ts'

/** The payload type that packets are given before a pipeline reads them. */
export const INPUT_PAYLOAD_TYPE = 96

/** From RTP to raw pictures or samples, by encoding name. */
const DECODERS: Readonly<Record<string, readonly Fragment[]>> = {
  // A second thread would hold every picture back by one.
  H264: [element('rtph264depay'), element('h264parse'), element('avdec_h264', { 'max-threads': 1 })],
  H265: [element('rtph265depay'), element('h265parse'), element('avdec_h265', { 'max-threads': 1 })],
  VP8: [element('rtpvp8depay'), element('vp8dec')],
  VP9: [element('rtpvp9depay'), element('vp9dec')],
  JPEG: [element('rtpjpegdepay'), element('jpegdec')],
  'MPEG4-GENERIC': [element('rtpmp4gdepay'), element('aacparse'), element('avdec_aac')],
  'MP4A-LATM': [element('rtpmp4adepay'), element('aacparse'), element('avdec_aac')],
  PCMA: [element('rtppcmadepay'), element('alawdec')],
  PCMU: [element('rtppcmudepay'), element('mulawdec')],
  G722: [element('rtpg722depay'), element('avdec_g722')],
  L16: [element('rtpL16depay')],
}

/** What describes a stream to its depayloader and comes with the SDP. Everything else stays out of the launch string. */
const PARAMETERS = [
  'sprop-parameter-sets',
  'sprop-vps',
  'sprop-sps',
  'sprop-pps',
  'config',
  'mode',
  'sizelength',
  'indexlength',
  'indexdeltalength',
  'streamtype',
  'profile-level-id',
]

export function isDecodable({ encodingName }: TrackFormat): boolean {
  return DECODERS[encodingName] !== undefined
}

/** RTP of any video in, RTP of H.264 out. */
export function toH264(format: TrackFormat, framesPerSecond: number, encoding: Encoding): string {
  return chain(
    ...packetsIn(format),
    ...(DECODERS[format.encodingName] ?? []),
    // A GOP that is replayed has its frames a millisecond apart: nearly all of them are only decoded.
    element('videorate', { 'drop-only': true, 'max-rate': Math.ceil(Math.min(240, framesPerSecond * 2)) }),
    encodeH264(encoding),
    packetsOut(0, 1),
  )
}

/** RTP of any sound in, RTP of Opus out. */
export function toOpus(format: TrackFormat, bitrateBps: number): string {
  return chain(...packetsIn(format), ...(DECODERS[format.encodingName] ?? []), encodeOpus(bitrateBps), packetsOut(0, 1))
}

/** Times are those of the packets, counted from the first one. */
function packetsIn({ kind, encodingName, clockRate, channels, parameters }: TrackFormat): Fragment[] {
  const known = Object.fromEntries(PARAMETERS.flatMap((name) => (isWord(parameters[name]) ? [[name, parameters[name]]] : [])))
  return [
    element('fdsrc', { fd: inputFd(0) }),
    caps('application/x-rtp-stream', {
      media: kind,
      'clock-rate': clockRate,
      'encoding-name': encodingName,
      payload: INPUT_PAYLOAD_TYPE,
      ...(kind === 'audio' && { channels, 'encoding-params': String(channels) }),
      ...known,
    }),
    element('rtpstreamdepay'),
    element('rtpjitterbuffer', { mode: 'none', latency: 0 }),
  ]
}

function isWord(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9 _.:/+,=-]*$/.test(value)
}
