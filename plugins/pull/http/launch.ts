import { caps, chain, element, type Fragment, launch, pad } from '../../../native/gst.ts'
import { encodeH264, encodeOpus, packetsOut, payH264, payOpus } from '../../kit/rtp/encode.ts'
import type { PullConfig } from '../config.ts'
import type { TrackFormat } from '../source.ts'

const VIDEO = { kind: 'video', encodingName: 'H264', clockRate: 90_000, channels: 1, parameters: {} } as const
const AUDIO = { kind: 'audio', encodingName: 'OPUS', clockRate: 48_000, channels: 2, parameters: {} } as const

/** What each output of the pipeline gives; only those give anything that fit the source. */
export const OUTPUTS: readonly TrackFormat[] = [VIDEO, { ...VIDEO, isTranscoded: true }, AUDIO, { ...AUDIO, isTranscoded: true }]

/** What a source is split into: what can be sent on as it is, everything else decoded. */
const EXPOSED = 'video/x-h264;video/x-raw;audio/x-opus;audio/x-raw'
const BUFFERED_NS = 3_000_000_000

/**
 * Loads a source, takes it apart and gives its packets when it is their time.
 *
 * @param url Of the relay.
 */
export function loaded(url: string, { transcodeBitrateBps, audioBitrateBps }: PullConfig): string {
  return launch(
    element('uridecodebin', { name: 's', uri: url, caps: EXPOSED }),
    branch('video/x-h264', 0, element('h264parse', { 'config-interval': -1 }), payH264()),
    branch(
      'video/x-raw',
      1,
      element('videorate', { 'drop-only': true, 'max-rate': 60 }),
      encodeH264({ preset: 'superfast', bitrateBps: transcodeBitrateBps }),
    ),
    branch('audio/x-opus', 2, element('opusparse'), payOpus()),
    branch('audio/x-raw', 3, encodeOpus(audioBitrateBps)),
  )
}

function branch(mediaType: string, output: number, ...pieces: readonly Fragment[]): Fragment {
  const queue = element('queue', { 'max-size-time': BUFFERED_NS, 'max-size-bytes': 0, 'max-size-buffers': 0 })
  return chain(pad('s'), caps(mediaType), queue, ...pieces, packetsOut(output, 0, { paced: true }))
}
