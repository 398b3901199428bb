import { randomBytes } from 'node:crypto'
import type { types } from 'mediasoup'
import type { Offer, OfferedSection } from './offer.ts'
import type { OfferedCodec } from './offered-codecs.ts'
import { type TransportParameters, transportLines } from './transport.ts'

/** A codec line group of an answer: payload type and name as offered, format parameters and feedback as agreed. */
export type AnsweredCodec = Pick<OfferedCodec, 'mimeType' | 'payloadType' | 'clockRate' | 'channels' | 'parameters' | 'rtcpFeedback'>

/** What an answer says about one section of the offer. */
export type AnsweredSection = {
  direction: 'sendonly' | 'recvonly' | 'inactive'
  codecs: readonly AnsweredCodec[]
  extensions?: readonly { id: number; uri: string }[]
  /** Restriction ids we receive, in the offer's order. */
  rids?: readonly string[]
  /** Stream and track id of what we send. */
  msid?: string
  /** The stream we send, for offerers who tell streams apart by nothing else. */
  source?: { ssrc: number; cname: string }
}

/** Says by mid how each section is answered; sections it does not know are rejected. `'data'` accepts a data channel section. */
export type Decisions = ReadonlyMap<string, AnsweredSection | 'data'>

/**
 * Writes the answer to an offer: same sections in the same order, one transport for all of them.
 *
 * @see RFC 8829 section 5.3, RFC 8866
 */
export function writeAnswer(offer: Offer, decisions: Decisions, transport: TransportParameters): string {
  const bundled = offer.sections.filter(({ mid }) => decisions.has(mid) && offer.bundle.includes(mid)).map(({ mid }) => mid)
  const lines = [
    'v=0',
    `o=- ${randomBytes(8).readBigUInt64BE() >> 1n} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    ...(bundled.length > 0 ? [`a=group:BUNDLE ${bundled.join(' ')}`] : []),
    'a=msid-semantic: WMS *',
    ...offer.sections.flatMap((section) => sectionLines(section, decisions.get(section.mid), offer, transport)),
  ]
  return `${lines.join('\r\n')}\r\n`
}

function sectionLines(
  section: OfferedSection,
  decision: AnsweredSection | 'data' | undefined,
  offer: Offer,
  transport: TransportParameters,
): string[] {
  const { media, protocol, formats, mid } = section
  if (decision === undefined) return [`m=${media} 0 ${protocol} ${formats[0]}`, 'c=IN IP4 0.0.0.0', 'a=inactive', `a=mid:${mid}`]

  const common = ['c=IN IP4 0.0.0.0', `a=mid:${mid}`, ...transportLines(transport, offer.dtlsParameters.role)]
  if (decision === 'data') {
    const { port = 5_000, maxMessageSize = 262_144 } = transport.sctpParameters ?? {}
    return [`m=${media} 9 ${protocol} ${formats.join(' ')}`, ...common, `a=sctp-port:${port}`, `a=max-message-size:${maxMessageSize}`]
  }
  return [
    `m=${media} 9 ${protocol} ${decision.codecs.map(({ payloadType }) => payloadType).join(' ')}`,
    ...common,
    `a=${decision.direction}`,
    ...(decision.msid ? [`a=msid:${decision.msid}`] : []),
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...(decision.extensions ?? []).map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...decision.codecs.flatMap(codecLines),
    ...ridLines(decision.rids ?? []),
    ...(decision.source ? [`a=ssrc:${decision.source.ssrc} cname:${decision.source.cname}`] : []),
  ]
}

function codecLines({ mimeType, payloadType, clockRate, channels = 1, parameters, rtcpFeedback }: AnsweredCodec): string[] {
  const name = mimeType.slice(mimeType.indexOf('/') + 1)
  const fmtp = Object.entries(parameters).map(([key, value]) => `${key}=${value}`)
  return [
    `a=rtpmap:${payloadType} ${name}/${clockRate}${channels > 1 ? `/${channels}` : ''}`,
    ...(fmtp.length > 0 ? [`a=fmtp:${payloadType} ${fmtp.join(';')}`] : []),
    ...rtcpFeedback.map(({ type, parameter }) => `a=rtcp-fb:${payloadType} ${type}${parameter ? ` ${parameter}` : ''}`),
  ]
}

function ridLines(rids: readonly string[]): string[] {
  if (rids.length === 0) return []
  return [...rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${rids.join(';')}`]
}

/** The feedback both sides know, in the offer's words. */
export function commonFeedback(offered: readonly types.RtcpFeedback[], ours: readonly types.RtcpFeedback[] = []): types.RtcpFeedback[] {
  return offered.filter(({ type, parameter }) => ours.some((known) => known.type === type && (known.parameter ?? '') === (parameter ?? '')))
}
