import type { types } from 'mediasoup'
import { roomCodecs } from '../codecs.ts'
import { type AnsweredSection, commonFeedback, writeAnswer } from './answer.ts'
import { layOut, type PayloadLayout } from './layout.ts'
import { refused } from './lines.ts'
import { answeredParameters, bestMatch } from './matching.ts'
import type { Offer } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'
import { assertOneTransport, type MediaSection, mediaSections, withInactive } from './sections.ts'
import type { TransportParameters } from './transport.ts'

/** Feedback that makes sense without RTX and without bandwidth estimation, which need header extensions we can not send (see `planPlay`). */
const FEEDBACK: readonly types.RtcpFeedback[] = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'ccm', parameter: 'fir' }]

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid'

/** One section of an offer in which the viewer will see or hear a track. */
export type PlayedSection = {
  mid: string
  kind: types.MediaKind
  /** For `transport.consume()`, of whatever codec the track is; `router.canConsume()` tells whether this viewer has it. */
  rtpCapabilities: types.RtpCapabilities
}

/** What an offer to play asks of a router and a transport, and the answer to it. */
export type PlayPlan = {
  layout: PayloadLayout
  /** For `transport.connect()`, once. */
  dtlsParameters: types.DtlsParameters
  sections: readonly PlayedSection[]
  /** @param playing By mid, what consumers send already; told only to viewers who could not find it otherwise. */
  answer(transport: TransportParameters, playing?: ReadonlyMap<string, types.RtpParameters>): string
}

/**
 * Maps an offer that plays (WHEP) onto a payload layout and the capabilities of consumers.
 *
 * Every codec that a room can carry and the viewer has is agreed on at once, and browsers are told no SSRC: a track of any of them, live now
 * or later, plays in its section without another offer. Clients that do not know the MID extension are told the SSRCs of what is live, by which
 * alone they tell streams apart (RFC 8843 section 9.2); what is published later they may not find. Browsers tell packets apart by payload
 * type alone, hence at most one audio and one video section (further ones stay inactive), and no header extension is accepted: mediasoup
 * writes its own ids, which mean something else in the offer. RTX would need announced SSRCs; lost packets are sent again as they were.
 *
 * @throws {MediaError} `SDP_REFUSED` when nothing is received, or nothing of it is a codec that rooms carry.
 */
export function planPlay(offer: Offer): PlayPlan {
  const receiving = mediaSections(offer).filter(({ direction }) => direction.includes('recv'))
  if (receiving.length === 0) throw refused('it receives neither audio nor video')
  const firsts = receiving.filter(({ kind }, index) => receiving.findIndex((other) => other.kind === kind) === index)
  assertOneTransport(offer, firsts)

  const pairs = firsts.flatMap(pairWithRoomCodecs)
  const layout = layOut(roomCodecs.flatMap((room) => pairs.filter((pair) => pair.room === room)))
  const agreed = pairs.filter(({ room, offered }) =>
    layout.mediaCodecs.some(
      ({ mimeType, preferredPayloadType }) => mimeType === room.mimeType && preferredPayloadType === offered.payloadType,
    ),
  )
  if (agreed.length === 0) throw refused('no common codec')

  const played = firsts.filter(({ mid }) => agreed.some((pair) => pair.mid === mid))
  const knowsMids = firsts.some(({ extensions }) => extensions.some(({ uri }) => uri === MID))
  return {
    layout,
    dtlsParameters: offer.dtlsParameters,
    sections: played.map(({ mid, kind }) => ({
      mid,
      kind,
      rtpCapabilities: capabilities(agreed.filter((pair) => pair.mid === mid)),
    })),
    answer: (transport, playing) => {
      const decisions = played.map((section) => {
        const source = knowsMids ? undefined : sourceIn(playing?.get(section.mid))
        return [section.mid, answerSection(section, agreed, source)] as const
      })
      return writeAnswer(offer, withInactive(offer, new Map(decisions)), transport)
    },
  }
}

type Pair = { mid: string; room: types.RouterRtpCodecCapability; offered: OfferedCodec }

function pairWithRoomCodecs({ mid, codecs }: MediaSection): Pair[] {
  return roomCodecs.flatMap((room) => {
    const offered = bestMatch(codecs, room)
    return offered ? [{ mid, room, offered }] : []
  })
}

function capabilities(pairs: readonly Pair[]): types.RtpCapabilities {
  const codecs = pairs.map(({ room, offered }) => ({
    ...room,
    preferredPayloadType: offered.payloadType,
    rtcpFeedback: commonFeedback(offered.rtcpFeedback, FEEDBACK),
  }))
  return { codecs, headerExtensions: [] }
}

function sourceIn(parameters: types.RtpParameters | undefined): AnsweredSection['source'] {
  const ssrc = parameters?.encodings?.[0]?.ssrc
  return ssrc === undefined ? undefined : { ssrc, cname: parameters?.rtcp?.cname ?? 'patchbay' }
}

function answerSection({ mid, kind, codecs }: MediaSection, agreed: readonly Pair[], source: AnsweredSection['source']): AnsweredSection {
  const mine = codecs.filter(({ payloadType }) => agreed.some((pair) => pair.mid === mid && pair.offered.payloadType === payloadType))
  return {
    direction: 'sendonly',
    // One stream id for both kinds, so that the viewer keeps them in step.
    msid: `patchbay ${kind}`,
    ...(source && { source }),
    codecs: mine.map((codec) => ({
      ...codec,
      parameters: answeredParameters(codec),
      rtcpFeedback: commonFeedback(codec.rtcpFeedback, FEEDBACK),
    })),
  }
}
