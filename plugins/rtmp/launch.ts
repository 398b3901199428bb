import { caps, chain, element, type Fragment, inputFd, launch, outputFd, pad } from '../../native/gst.ts'
import { MAX_PAYLOAD_BYTES } from '../kit/rtp/rtp-sender.ts'
import { PAYLOADER } from './flv-pipeline.ts'
import type { AudioCodec } from './protocol/audio-tag.ts'

/** What has to be loaded for the pipelines here. */
export const PRELOADED = ['flvdemux', 'h264parse', 'avdec_h264', 'avdec_aac', 'x264enc', 'opusenc', 'rtph264pay', 'rtpopuspay']

/** How each kind of RTMP audio becomes plain samples; what is missing here is refused. */
const DECODERS: Partial<Record<AudioCodec, readonly Fragment[]>> = {
  AAC: [element('aacparse'), element('avdec_aac')],
  MP3: [element('mpegaudioparse'), element('avdec_mp3')],
  PCMA: [element('alawdec')],
  PCMU: [element('mulawdec')],
  SPEEX: [element('speexdec')],
  PCM: [],
}

/** The payload type is written here and overwritten when a packet is sent on. */
const ANY_PAYLOAD_TYPE = 96

export function isAudioDecodable(codec: AudioCodec): boolean {
  return DECODERS[codec] !== undefined
}

/** FLV with audio in, Opus as RTP out. */
export function audioToOpus(codec: AudioCodec, bitrateBps: number): string {
  return launch(
    demux(),
    chain(
      pad('d', 'audio'),
      element('queue'),
      ...(DECODERS[codec] ?? []),
      element('audioconvert'),
      element('audioresample'),
      caps('audio/x-raw', { rate: 48_000, channels: 2 }),
      // FLV rounds times to milliseconds; packets that overlap by one are thrown away by players.
      element('opusenc', {
        'perfect-timestamp': true,
        complexity: 5,
        bitrate: bitrateBps,
        'frame-size': 20,
        'inband-fec': true,
        'packet-loss-percentage': 5,
      }),
      element('rtpopuspay', { pt: ANY_PAYLOAD_TYPE, 'timestamp-offset': 0, 'seqnum-offset': 0 }),
      ...packetsOut(),
    ),
  )
}

export type Picture = { widthPx: number; heightPx: number; framesPerSecond: number }
export type Encoding = { preset: 'ultrafast' | 'superfast'; bitrateBps: number; scaleTo?: { width: number; height: number } }

/** FLV with H.264 in, H.264 without B-frames as RTP out. Keyframes come when they are asked for. */
export function h264ToH264({ framesPerSecond }: Picture, { preset, bitrateBps, scaleTo }: Encoding): string {
  return launch(
    demux(),
    chain(
      pad('d', 'video'),
      element('h264parse'),
      // A second thread would hold every picture back by one.
      element('avdec_h264', { 'max-threads': 1 }),
      // A GOP that is replayed has its frames a millisecond apart: nearly all of them are only decoded.
      element('videorate', { 'drop-only': true, 'max-rate': Math.ceil(Math.min(240, framesPerSecond * 2)) }),
      // When the encoder is too slow pictures are left out here, oldest first, rather than shown ever later.
      element('queue', { leaky: 'downstream', 'max-size-buffers': 15, 'max-size-bytes': 0, 'max-size-time': 0 }),
      ...(scaleTo ? [element('videoscale', { 'n-threads': 2 })] : []),
      element('videoconvert'),
      caps('video/x-raw', { format: 'I420', ...scaleTo }),
      element('x264enc', {
        tune: 'zerolatency',
        'speed-preset': preset,
        bitrate: Math.ceil(bitrateBps / 1_000),
        'vbv-buf-capacity': 500,
        'key-int-max': 300,
        bframes: 0,
        threads: 2,
        // With delimiters the payloader would mark the parameter sets as a frame of their own.
        aud: false,
      }),
      caps('video/x-h264', { profile: 'constrained-baseline' }),
      element('rtph264pay', {
        name: PAYLOADER,
        'aggregate-mode': 'zero-latency',
        mtu: MAX_PAYLOAD_BYTES + 12,
        pt: ANY_PAYLOAD_TYPE,
        'timestamp-offset': 0,
        'seqnum-offset': 0,
      }),
      ...packetsOut(),
    ),
  )
}

/** What this size needs to look like its source, in bits per second. */
export function bitrateFor({ widthPx, heightPx, framesPerSecond }: Picture): number {
  return Math.max(300_000, Math.round(widthPx * heightPx * framesPerSecond * 0.09))
}

/** The largest size within these bounds that has the picture's shape; undefined when it fits as it is. */
export function fitInto({ widthPx, heightPx }: Picture, maxWidth: number, maxHeight: number): Encoding['scaleTo'] {
  const factor = Math.min(maxWidth / widthPx, maxHeight / heightPx)
  const even = (px: number) => Math.max(2, Math.round((px * factor) / 2) * 2)
  return factor >= 1 ? undefined : { width: even(widthPx), height: even(heightPx) }
}

function demux(): Fragment {
  return chain(
    element('fdsrc', { fd: inputFd(0) }),
    element('queue', { 'max-size-buffers': 0, 'max-size-bytes': 8 << 20, 'max-size-time': 0 }),
    element('flvdemux', { name: 'd' }),
  )
}

/** Each packet behind its length, as RFC 4571 has it: whoever starts the pipeline sends them. */
function packetsOut(): Fragment[] {
  return [element('rtpstreampay'), element('fdsink', { fd: outputFd(0, 1), sync: false, async: false })]
}
