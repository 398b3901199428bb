import type { types } from 'mediasoup'
import { invalid, type SdpBlock } from './lines.ts'

/** A codec as one media section offers it, under the offerer's own payload type. */
export type OfferedCodec = {
  /** As mediasoup spells it, `video/VP8`; names mediasoup does not know are kept as they came. */
  mimeType: string
  payloadType: number
  clockRate: number
  channels?: number
  /** Numbers where they look like one, except `profile-level-id`, which is hexadecimal. */
  parameters: Record<string, string | number>
  rtcpFeedback: types.RtcpFeedback[]
}

const SPELLING = new Map(['opus', 'PCMU', 'PCMA', 'H264', 'VP8', 'VP9', 'AV1', 'rtx'].map((name) => [name.toLowerCase(), name]))
/** Payload types that need no rtpmap line (RFC 3551 section 6). */
const STATIC = new Map([
  [0, 'PCMU/8000'],
  [8, 'PCMA/8000'],
])

/**
 * The codecs of an audio or video section, in the order of preference of its m= line.
 *
 * @throws {MediaError} `SDP_INVALID` when a payload type is not one, or an rtpmap breaks the grammar.
 */
export function readCodecs(kind: types.MediaKind, formats: readonly string[], block: SdpBlock): OfferedCodec[] {
  const payloadTypes = formats.map(readPayloadType)
  if (new Set(payloadTypes).size !== payloadTypes.length) throw invalid('a payload type listed twice')
  const rtpmaps = byPayloadType(block.all('rtpmap'))
  const fmtps = byPayloadType(block.all('fmtp'))
  const feedback = block.all('rtcp-fb').map(readFeedback)

  return payloadTypes.flatMap((payloadType) => {
    const rtpmap = rtpmaps.get(payloadType) ?? STATIC.get(payloadType)
    if (rtpmap === undefined) return []
    const [, name = '', rate, channels] = /^([\w.+-]+)\/(\d{1,6})(?:\/(\d{1,2}))?$/.exec(rtpmap) ?? []
    if (rate === undefined) throw invalid('a=rtpmap')
    return {
      mimeType: `${kind}/${SPELLING.get(name.toLowerCase()) ?? name}`,
      payloadType,
      clockRate: Number(rate),
      ...(kind === 'audio' && { channels: Number(channels ?? 1) }),
      parameters: readParameters(fmtps.get(payloadType) ?? ''),
      rtcpFeedback: feedback
        .filter(({ target }) => target === '*' || target === String(payloadType))
        .map(({ type, parameter }) => ({ type, parameter })),
    }
  })
}

function readPayloadType(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 127) throw invalid('a payload type above 127 or not a number')
  return Number(text)
}

function byPayloadType(lines: readonly string[]): Map<number, string> {
  return new Map(
    lines.map((line) => {
      const [, payloadType = '', rest = ''] = /^(\S+) +(.*)$/.exec(line) ?? []
      return [readPayloadType(payloadType), rest.trim()] as const
    }),
  )
}

function readFeedback(line: string): { target: string; type: string; parameter: string } {
  const [target = '', type = '', parameter = ''] = line.split(' ')
  return { target, type, parameter }
}

function readParameters(fmtp: string): Record<string, string | number> {
  const pairs = fmtp.split(';').flatMap((pair): [string, string | number][] => {
    // The first character keeps names like __proto__ out.
    const [, name = '', value = ''] = /^([A-Za-z][\w.-]*)=(.*)$/.exec(pair.trim()) ?? []
    if (name === '') return []
    return [[name, name !== 'profile-level-id' && /^\d{1,9}$/.test(value) ? Number(value) : value]]
  })
  return Object.fromEntries(pairs)
}
