import { caps, chain, element, type Fragment } from '../../../native/gst.ts'
import { availableElements } from '../../../native/probe.ts'
import type { Host } from '../../kit/host.ts'
import type { Canvas } from './canvas.ts'

/** Elements that encode H.264 without the processor, best first. */
const HARDWARE = ['nvh264enc', 'vah264enc', 'vah264lpenc', 'qsvh264enc', 'vaapih264enc'] as const
const SOFTWARE = 'x264enc'
const TRIAL_MS = 5_000
const KEYFRAME_S = 2

export type EncoderName = (typeof HARDWARE)[number] | typeof SOFTWARE

/** The name of the element that is asked for keyframes. */
const ENCODER = 'encoder'

const tried = new Map<string, Promise<EncoderName>>()

/** The best encoder that encodes a canvas of this size here; each is tried once, as having an element is not having the hardware. */
export function usableEncoder(host: Pick<Host, 'pipelines' | 'log'>, canvas: Canvas): Promise<EncoderName> {
  if (!canvas.hardware) return Promise.resolve(SOFTWARE)
  const key = `${canvas.widthPx}x${canvas.heightPx}`
  const known = tried.get(key) ?? findUsable(host, canvas)
  tried.set(key, known)
  return known
}

/** I420 in, H.264 without B-frames out. Every run of it makes the same parameter sets, so that what it wrote can be joined. */
export function encodeWith(name: EncoderName, { framesPerSecond, videoKbps }: Canvas): Fragment {
  const gop = framesPerSecond * KEYFRAME_S
  const settings = {
    nvh264enc: { bitrate: videoKbps, 'gop-size': gop, bframes: 0, 'rc-mode': 'cbr' },
    vah264enc: { bitrate: videoKbps, 'key-int-max': gop, 'b-frames': 0, 'rate-control': 'cbr' },
    vah264lpenc: { bitrate: videoKbps, 'key-int-max': gop, 'b-frames': 0, 'rate-control': 'cbr' },
    qsvh264enc: { bitrate: videoKbps, 'gop-size': gop, 'b-frames': 0, 'rate-control': 'cbr' },
    vaapih264enc: { bitrate: videoKbps, 'keyframe-period': gop, 'max-bframes': 0, 'rate-control': 'cbr' },
    x264enc: { bitrate: videoKbps, 'key-int-max': gop, bframes: 0, tune: 'zerolatency', 'speed-preset': 'veryfast', threads: 2 },
  }[name]
  const encoder = element(name, { name: ENCODER, ...settings })
  return name === SOFTWARE ? encoder : chain(element('videoconvert'), encoder)
}

async function findUsable(host: Pick<Host, 'pipelines' | 'log'>, canvas: Canvas): Promise<EncoderName> {
  const available = await availableElements(HARDWARE).catch(() => new Set<string>())
  for (const name of HARDWARE) if (available.has(name) && (await encodes(host, name, canvas))) return name
  return SOFTWARE
}

async function encodes({ pipelines, log }: Pick<Host, 'pipelines' | 'log'>, name: EncoderName, canvas: Canvas): Promise<boolean> {
  const { widthPx: width, heightPx: height, framesPerSecond } = canvas
  const launch = chain(
    element('videotestsrc', { 'num-buffers': 10 }),
    caps('video/x-raw', { format: 'I420', width, height, framerate: `${framesPerSecond}/1` }),
    encodeWith(name, canvas),
    element('fakesink', { sync: false }),
  )
  try {
    await using pipeline = await pipelines.start({ name: `trial of ${name}`, launch, signal: AbortSignal.timeout(TRIAL_MS) })
    const reason = pipeline.end?.reason ?? (await new Promise((resolve) => pipeline.events.once('closed', resolve)))
    log.info({ encoder: name, reason }, 'tried a hardware encoder')
    return reason === 'EOS'
  } catch (error) {
    log.info({ encoder: name, err: error }, 'a hardware encoder does not work here')
    return false
  }
}
