import { chain, element, type Fragment, inputFd, launch, pad } from '../../native/gst.ts'
import { ENCODERS, type Encoding, encodeH264, encodeOpus, type Picture, packetsOut } from '../kit/rtp/encode.ts'
import type { AudioCodec } from './protocol/audio-tag.ts'

/** What has to be loaded for the pipelines here. */
export const PRELOADED = ['flvdemux', 'h264parse', 'avdec_h264', 'avdec_aac', ...ENCODERS]

/** How each kind of RTMP audio becomes plain samples; what is missing here is refused. */
const DECODERS: Partial<Record<AudioCodec, readonly Fragment[]>> = {
  AAC: [element('aacparse'), element('avdec_aac')],
  MP3: [element('mpegaudioparse'), element('avdec_mp3')],
  PCMA: [element('alawdec')],
  PCMU: [element('mulawdec')],
  SPEEX: [element('speexdec')],
  PCM: [],
}

export function isAudioDecodable(codec: AudioCodec): boolean {
  return DECODERS[codec] !== undefined
}

/** FLV with audio in, Opus as RTP out. */
export function audioToOpus(codec: AudioCodec, bitrateBps: number): string {
  return launch(demux(), chain(pad('d', 'audio'), element('queue'), ...(DECODERS[codec] ?? []), encodeOpus(bitrateBps), packetsOut(0, 1)))
}

/** FLV with H.264 in, H.264 without B-frames as RTP out. Keyframes come when they are asked for. */
export function h264ToH264({ framesPerSecond }: Picture, encoding: Encoding): string {
  return launch(
    demux(),
    chain(
      pad('d', 'video'),
      element('h264parse'),
      // A second thread would hold every picture back by one.
      element('avdec_h264', { 'max-threads': 1 }),
      // A GOP that is replayed has its frames a millisecond apart: nearly all of them are only decoded.
      element('videorate', { 'drop-only': true, 'max-rate': Math.ceil(Math.min(240, framesPerSecond * 2)) }),
      encodeH264(encoding),
      packetsOut(0, 1),
    ),
  )
}

function demux(): Fragment {
  return chain(
    element('fdsrc', { fd: inputFd(0) }),
    element('queue', { 'max-size-buffers': 0, 'max-size-bytes': 8 << 20, 'max-size-time': 0 }),
    element('flvdemux', { name: 'd' }),
  )
}
