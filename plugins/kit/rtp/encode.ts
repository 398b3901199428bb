import { caps, chain, element, type Fragment, outputFd } from '../../../native/gst.ts'
import { MAX_PAYLOAD_BYTES } from './rtp-sender.ts'

/** The name of the payloader that keyframes are asked for of. */
export const PAYLOADER = 'pay'
/** The payload type is written here and overwritten when a packet is sent on. */
const ANY_PAYLOAD_TYPE = 96

/** What has to be loaded for the pieces here. */
export const ENCODERS = ['x264enc', 'opusenc', 'rtph264pay', 'rtpopuspay']

export type Picture = { widthPx: number; heightPx: number; framesPerSecond: number }
export type Encoding = { preset: 'ultrafast' | 'superfast'; bitrateBps: number; scaleTo?: { width: number; height: number } }

/** Raw pictures in, H.264 without B-frames as RTP out. Keyframes come when they are asked for. */
export function encodeH264({ preset, bitrateBps, scaleTo }: Encoding): Fragment {
  return chain(
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
    payH264({ name: PAYLOADER }),
  )
}

/** Frames of H.264 in, RTP out. */
export function payH264(properties: { name?: string } = {}): Fragment {
  return element('rtph264pay', {
    ...properties,
    'aggregate-mode': 'zero-latency',
    mtu: MAX_PAYLOAD_BYTES + 12,
    pt: ANY_PAYLOAD_TYPE,
    'timestamp-offset': 0,
    'seqnum-offset': 0,
  })
}

/** Raw sound in, Opus as RTP out. */
export function encodeOpus(bitrateBps: number): Fragment {
  return chain(
    element('audioconvert'),
    element('audioresample'),
    caps('audio/x-raw', { rate: 48_000, channels: 2 }),
    // Many sources round their times to milliseconds; packets that overlap by one are thrown away by players.
    element('opusenc', {
      'perfect-timestamp': true,
      complexity: 5,
      bitrate: bitrateBps,
      'frame-size': 20,
      'inband-fec': true,
      'packet-loss-percentage': 5,
    }),
    payOpus(),
  )
}

export function payOpus(): Fragment {
  return element('rtpopuspay', { pt: ANY_PAYLOAD_TYPE, 'timestamp-offset': 0, 'seqnum-offset': 0 })
}

/**
 * Each packet behind its length, as RFC 4571 has it: whoever starts the pipeline sends them.
 *
 * @param paced Whether they leave when it is their time, and not as soon as they are made.
 */
export function packetsOut(output: number, inputs: number, { paced = false } = {}): Fragment {
  return chain(element('rtpstreampay'), element('fdsink', { fd: outputFd(output, inputs), sync: paced, async: false }))
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
