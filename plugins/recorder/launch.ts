import { MediaError } from '../../core/kernel/errors.ts'
import { chain, describeCaps, element, type Fragment, launch, pad } from '../../native/gst.ts'
import type { TrackFormat } from '../kit/core-api.ts'

const RTP_BUFFER_BYTES = 4 << 20
/** Milliseconds that packets may arrive out of order. */
const JITTER_MS = 200
const NS_PER_MS = 1_000_000

/** Names of the elements whose ports the taps need to know: `rtp0` and `rtcp0` of the first track, and so on. */
export const rtpSource = (index: number) => `rtp${index}`
export const rtcpSource = (index: number) => `rtcp${index}`

/** From RTP to what a muxer takes, beginning with a keyframe. */
const PARSERS: Readonly<Record<string, Fragment>> = {
  H264: chain(element('rtph264depay', { 'wait-for-keyframe': true }), element('h264parse')),
  H265: chain(element('rtph265depay', { 'wait-for-keyframe': true }), element('h265parse')),
  VP8: element('rtpvp8depay', { 'wait-for-keyframe': true }),
  VP9: chain(element('rtpvp9depay', { 'wait-for-keyframe': true }), element('vp9parse')),
  OPUS: chain(element('rtpopusdepay'), element('opusparse')),
}

/**
 * A pipeline that writes tracks into a Matroska file as they come, nothing transcoded. What is lost when its process dies is what came
 * within the last cluster.
 *
 * @throws {MediaError} `CODEC_UNSUPPORTED`
 */
export function filePipeline(formats: readonly TrackFormat[], file: string, clusterMs: number): Fragment {
  const bin = element('rtpbin', { name: 'rb', latency: JITTER_MS, 'rtp-profile': 'avpf' })
  const clusterNs = clusterMs * NS_PER_MS
  const muxer = chain(
    element('matroskamux', { name: 'm', 'min-cluster-duration': clusterNs, 'max-cluster-duration': clusterNs }),
    element('filesink', { location: file, 'buffer-mode': 'unbuffered', sync: false, async: false }),
  )
  return launch(bin, muxer, ...formats.flatMap((format, index) => track(format, index)))
}

function track(format: TrackFormat, index: number): Fragment[] {
  const codec = format.codec.toUpperCase()
  const parser = PARSERS[codec]
  if (!parser) throw new MediaError('CODEC_UNSUPPORTED', { codec: format.codec })
  const rtpCaps = describeCaps('application/x-rtp', {
    media: format.kind,
    'clock-rate': format.clockRate,
    'encoding-name': codec,
    payload: format.payloadType,
  })
  const source = { address: '127.0.0.1', port: 0, 'buffer-size': RTP_BUFFER_BYTES }
  const unlimited = { 'max-size-time': 0, 'max-size-bytes': 0, 'max-size-buffers': 0 }
  return [
    chain(element('udpsrc', { name: rtpSource(index), ...source, caps: rtpCaps }), pad('rb', `recv_rtp_sink_${index}`)),
    chain(element('udpsrc', { name: rtcpSource(index), ...source, caps: 'application/x-rtcp' }), pad('rb', `recv_rtcp_sink_${index}`)),
    chain(pad('rb'), caps(rtpCaps), parser, element('queue', unlimited), pad('m')),
  ]
}

/** Which of the bin's outputs a chain takes is told by what it can take. */
const caps = (rtpCaps: string) => element('capsfilter', { caps: rtpCaps })
