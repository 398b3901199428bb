import { caps, chain, describeCaps, element, type Fragment, launch, pad } from '../../../native/gst.ts'
import type { TrackData, TrackFormat } from '../../kit/core-api.ts'
import type { Member } from './room-members.ts'

/** Milliseconds that packets may arrive out of order. */
const JITTER_MS = 150
const RTP_BUFFER_BYTES = 4 << 20

/** A track that is mixed. */
export type Input = { readonly track: TrackData; readonly format: TrackFormat; readonly member: Member }

/** Names of the elements of an input: its ports, what sees its pictures, what measures its sound. */
export const rtpSource = (index: number) => `rtp${index}`
export const rtcpSource = (index: number) => `rtcp${index}`
export const witness = (index: number) => `witness${index}`
export const loudness = (index: number) => `level${index}`

/** From RTP to raw pictures or sound. */
const DECODERS: Readonly<Record<string, Fragment>> = {
  H264: chain(element('rtph264depay', { 'wait-for-keyframe': true }), element('h264parse'), element('avdec_h264', { 'max-threads': 1 })),
  VP8: chain(element('rtpvp8depay', { 'wait-for-keyframe': true }), element('vp8dec', { threads: 1 })),
  VP9: chain(element('rtpvp9depay', { 'wait-for-keyframe': true }), element('vp9dec', { threads: 1 })),
  OPUS: chain(element('rtpopusdepay'), element('opusdec', { plc: true })),
  PCMU: chain(element('rtppcmudepay'), element('mulawdec')),
  PCMA: chain(element('rtppcmadepay'), element('alawdec')),
}

/** Whether an input of this codec can be mixed. */
export const isMixable = (codec: string): boolean => codec.toUpperCase() in DECODERS

/** Inputs that are played in step: the first picture and the first sound of each member, and everything else alone. */
export function inStep(inputs: readonly Input[]): number[][] {
  const groups: number[][] = []
  for (const [index, { member, track }] of inputs.entries()) {
    const mate = groups.find((group) => {
      const other = inputs[group[0] ?? -1]
      return group.length === 1 && other !== undefined && other.member === member && other.track.kind !== track.kind
    })
    if (mate) mate.push(index)
    else groups.push([index])
  }
  return groups
}

/** What receives a group of inputs and plays them in step, by its sender's reports; each goes on as raw media into what `onward` says. */
export function receiver(inputs: readonly Input[], group: readonly number[], onward: (input: number) => readonly Fragment[]): Fragment {
  const bin = `bin${group[0]}`
  return launch(
    element('rtpbin', { name: bin, latency: JITTER_MS, 'rtp-profile': 'avpf', 'drop-on-latency': true }),
    ...group.flatMap((index, session) => {
      const format = inputs[index]?.format
      if (!format) return []
      const codec = format.codec.toUpperCase()
      const fields = { media: format.kind, 'clock-rate': format.clockRate, 'encoding-name': codec, payload: format.payloadType }
      const socket = { address: '127.0.0.1', port: 0, 'buffer-size': RTP_BUFFER_BYTES }
      const rtp = element('udpsrc', { name: rtpSource(index), ...socket, caps: describeCaps('application/x-rtp', fields) })
      const rtcp = element('udpsrc', { name: rtcpSource(index), ...socket, caps: 'application/x-rtcp' })
      const [first, ...others] = onward(index)
      return [
        chain(rtp, pad(bin, `recv_rtp_sink_${session}`)),
        chain(rtcp, pad(bin, `recv_rtcp_sink_${session}`)),
        // Which of the bin's outputs a chain takes is told by what it can take.
        chain(pad(bin), caps('application/x-rtp', fields), DECODERS[codec] as Fragment, ...(first ? [first] : [])),
        ...others,
      ]
    }),
  )
}
