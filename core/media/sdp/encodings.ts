import type { types } from 'mediasoup'
import { refused } from './lines.ts'
import type { OfferedSection } from './offer.ts'

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid'
const RID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id'

const MAX_LAYERS = 4

/** Names under which encoders send simulcast, smallest picture first. Others keep the order of the offer. */
const RID_ORDERS = [
  ['q', 'h', 'f'],
  ['l', 'm', 'h'],
  ['low', 'mid', 'high'],
  ['low', 'medium', 'high'],
]

/**
 * How the RTP streams of a section are told apart: by restriction id, else by SSRC (with `a=ssrc-group` SIM and FID), else by mid.
 *
 * mediasoup wants simulcast from the smallest picture to the largest.
 *
 * @throws {MediaError} `SDP_REFUSED` when its packets would be recognisable by nothing.
 */
export function readEncodings(
  section: OfferedSection,
  extensions: readonly { uri: string }[],
  hasRtx: boolean,
  scalabilityMode?: string,
): types.RtpEncodingParameters[] {
  const layers = { scalabilityMode: scalabilityMode ?? 'L1T3' }
  const single = scalabilityMode === undefined ? {} : layers

  if (section.rids.length > MAX_LAYERS || section.ssrcs.length > 2 * MAX_LAYERS)
    throw refused('too many simulcast layers', { mid: section.mid })
  if (section.rids.length > 0) {
    if (!extensions.some(({ uri }) => uri === RID)) throw refused('simulcast needs the rtp-stream-id extension', { mid: section.mid })
    return smallestFirst(section.rids).map((rid) => ({ rid, ...(section.rids.length > 1 ? layers : single) }))
  }

  const simulcast = section.ssrcGroups.find(({ semantics }) => semantics === 'SIM')?.ssrcs ?? []
  if (simulcast.length > 1) return simulcast.map((ssrc) => ({ ...withRtx(section, ssrc, hasRtx), ...layers }))

  const [ssrc] = section.ssrcGroups.find(({ semantics }) => semantics === 'FID')?.ssrcs ?? section.ssrcs
  if (ssrc !== undefined) return [{ ...withRtx(section, ssrc, hasRtx), ...single }]
  if (!extensions.some(({ uri }) => uri === MID)) throw refused('neither ssrc, rid nor the mid extension', { mid: section.mid })
  return [{ ...single }]
}

function withRtx({ ssrcGroups }: OfferedSection, ssrc: number, hasRtx: boolean): types.RtpEncodingParameters {
  const rtx = ssrcGroups.find(({ semantics, ssrcs }) => semantics === 'FID' && ssrcs[0] === ssrc)?.ssrcs[1]
  return hasRtx && rtx !== undefined ? { ssrc, rtx: { ssrc: rtx } } : { ssrc }
}

function smallestFirst(rids: readonly string[]): readonly string[] {
  const order = RID_ORDERS.find((known) => rids.every((rid) => known.includes(rid)))
  return order ? rids.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)) : rids
}
