import type { types } from 'mediasoup'
import { H264_DECLARED } from '../codecs.ts'
import { type AnsweredSection, commonFeedback, writeAnswer } from './answer.ts'
import { readEncodings } from './encodings.ts'
import { refused } from './lines.ts'
import { answeredParameters, canTravelAs } from './matching.ts'
import type { Offer } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'
import { assertOneTransport, type MediaSection, mediaSections, withInactive } from './sections.ts'
import type { TransportParameters } from './transport.ts'

/**
 * Where Chromium begins, in kbit/s. Left alone it begins at 300, makes the picture as small as that asks for (320 of 1280 wide), and then
 * measures the network no further than twice what so small a picture may take: a coarse picture for many seconds. From here it finds out
 * within half a second what the network carries, and where that is less it goes below.
 */
const START_BITRATE_KBPS = 1_000

export type PublishOptions = {
  /** How many sections may send audio (default 1) and video (default 1). */
  maxAudio?: number
  maxVideo?: number
  /** MIME types to choose before the offer's own order, best first. */
  preferredCodecs?: readonly string[]
  /** Layers inside each video stream when the publisher is known to make some, for example `L3T3_KEY`. */
  scalabilityMode?: string
  /** Accept a data channel section; the transport then needs `enableSctp`. Otherwise it is rejected. */
  data?: boolean
}

/** One track that an offer publishes. */
export type PublishedSection = {
  mid: string
  kind: types.MediaKind
  /** What the publisher itself says it sends; `rtpParameters` may declare less (see `H264_DECLARED`). */
  codec: OfferedCodec
  /** For `transport.produce()`. */
  rtpParameters: types.RtpParameters
}

/** What an offer to publish asks of a transport, and the answer to it. */
export type PublishPlan = {
  /** For `transport.connect()`, once. */
  dtlsParameters: types.DtlsParameters
  sections: readonly PublishedSection[]
  /** The mid of the accepted data channel section. */
  dataMid?: string
  answer(transport: TransportParameters): string
}

/**
 * Maps an offer that publishes (WHIP, a LiveKit publisher) onto the parameters of producers.
 *
 * @throws {MediaError} `SDP_REFUSED` when nothing is sent, too much is sent, or a section can not be received as it is; `reason` says which.
 * @see RFC 9725 section 4.4
 */
export function planPublish(offer: Offer, router: types.RtpCapabilities, options: PublishOptions = {}): PublishPlan {
  const { maxAudio = 1, maxVideo = 1 } = options
  const sending = mediaSections(offer).filter(({ direction }) => direction.startsWith('send'))
  if (sending.length === 0) throw refused('it sends neither audio nor video')
  if (sending.filter(({ kind }) => kind === 'audio').length > maxAudio) throw refused('too many audio sections', { maxAudio })
  if (sending.filter(({ kind }) => kind === 'video').length > maxVideo) throw refused('too many video sections', { maxVideo })
  assertOneTransport(offer, sending)

  const received = sending.map((section) => receive(section, router, options))
  assertDistinct(received.flatMap(({ published }) => published.rtpParameters.encodings ?? []))
  const data = options.data ? offer.sections.find(({ kind, rejected }) => kind === 'application' && !rejected) : undefined
  const decisions = new Map<string, AnsweredSection | 'data'>(received.map(({ published, answered }) => [published.mid, answered]))
  if (data) decisions.set(data.mid, 'data')
  return {
    dtlsParameters: offer.dtlsParameters,
    sections: received.map(({ published }) => published),
    ...(data && { dataMid: data.mid }),
    answer: (transport) => writeAnswer(offer, withInactive(offer, decisions), transport),
  }
}

function receive(
  section: MediaSection,
  router: types.RtpCapabilities,
  options: PublishOptions,
): { published: PublishedSection; answered: AnsweredSection } {
  const { mid, kind } = section
  const { codec, room } = chooseCodec(section, router.codecs ?? [], options.preferredCodecs ?? [])
  const rtcpFeedback = commonFeedback(codec.rtcpFeedback, room.rtcpFeedback)
  const rtx = rtxOf(section, codec)
  const extensions = section.extensions.filter(({ uri, direction }) => direction !== 'recvonly' && isReceivable(router, kind, uri))
  const encodings = readEncodings(section, extensions, rtx.length > 0, options.scalabilityMode)

  const rtpParameters: types.RtpParameters = {
    mid,
    codecs: [{ ...codec, parameters: declaredParameters(codec), rtcpFeedback }, ...rtx],
    headerExtensions: extensions.map(({ id, uri }) => ({ id, uri: uri as types.RtpHeaderExtensionUri })),
    encodings,
    rtcp: { reducedSize: true, ...(section.cname !== undefined && { cname: section.cname }) },
  }
  const codecs = [{ ...codec, parameters: { ...answeredParameters(codec), ...startBitrate(codec) }, rtcpFeedback }, ...rtx]
  return { published: { mid, kind, codec, rtpParameters }, answered: { direction: 'recvonly', codecs, extensions, rids: section.rids } }
}

function rtxOf({ codecs }: MediaSection, { payloadType, clockRate }: OfferedCodec): OfferedCodec[] {
  const rtx = codecs.find(
    (codec) => codec.mimeType === 'video/rtx' && codec.parameters.apt === payloadType && codec.clockRate === clockRate,
  )
  return rtx ? [{ ...rtx, parameters: { apt: payloadType }, rtcpFeedback: [] }] : []
}

function chooseCodec(section: MediaSection, room: readonly types.RtpCodecCapability[], preferred: readonly string[]) {
  const wanted = preferred.map((mimeType) => mimeType.toLowerCase())
  const rank = ({ mimeType }: OfferedCodec) => {
    const index = wanted.indexOf(mimeType.toLowerCase())
    return index < 0 ? wanted.length : index
  }
  for (const codec of section.codecs.toSorted((a, b) => rank(a) - rank(b))) {
    const match = codec.mimeType === 'video/rtx' ? undefined : room.find((candidate) => canTravelAs(codec, candidate))
    if (match) return { codec, room: match }
  }
  throw refused('no common codec', { mid: section.mid, offered: [...new Set(section.codecs.map(({ mimeType }) => mimeType))] })
}

/** What consumers inherit of a publisher's format parameters: nothing that was meant for its own encoder. */
function declaredParameters({ mimeType, parameters }: OfferedCodec): Record<string, string | number> {
  if (mimeType === 'video/H264') return { ...H264_DECLARED }
  if (mimeType === 'video/VP8') return {}
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !/^(x-google-|max-f[rs]$)/.test(name)))
}

/** Only for those who offer Google's own feedback: nobody else knows the parameter. */
function startBitrate({ mimeType, rtcpFeedback }: OfferedCodec): Record<string, number> {
  const known = mimeType.startsWith('video/') && rtcpFeedback.some(({ type }) => type === 'goog-remb')
  return known ? { 'x-google-start-bitrate': START_BITRATE_KBPS } : {}
}

function isReceivable(router: types.RtpCapabilities, kind: types.MediaKind, uri: string): boolean {
  return (router.headerExtensions ?? []).some((known) => known.kind === kind && known.uri === uri && known.direction !== 'sendonly')
}

function assertDistinct(encodings: readonly types.RtpEncodingParameters[]): void {
  const ssrcs = encodings.flatMap(({ ssrc, rtx }) => [ssrc, rtx?.ssrc]).filter((ssrc) => ssrc !== undefined)
  if (new Set(ssrcs).size !== ssrcs.length) throw refused('an ssrc that stands for two streams')
}
