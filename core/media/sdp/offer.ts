import type { types } from 'mediasoup'
import { invalid, type SdpBlock, splitSdp } from './lines.ts'
import { type OfferedCodec, readCodecs } from './offered-codecs.ts'
import { type IceCredentials, readDtlsParameters, readIceCredentials } from './transport.ts'

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** One media section of an offer. */
export type OfferedSection = {
  mid: string
  kind: types.MediaKind | 'application' | 'other'
  /** The first, third and further words of its m= line, which an answer repeats. */
  media: string
  protocol: string
  formats: readonly string[]
  /** Its port is 0 and it is not `bundle-only`: it must stay rejected. */
  rejected: boolean
  direction: Direction
  rtcpMux: boolean
  codecs: readonly OfferedCodec[]
  extensions: readonly { id: number; uri: string; direction: Direction }[]
  /** Restriction ids that the offerer sends, in its order. */
  rids: readonly string[]
  ssrcs: readonly number[]
  ssrcGroups: readonly { semantics: string; ssrcs: readonly number[] }[]
  cname?: string
}

/** A session description that somebody offered, checked and in our terms. */
export type Offer = {
  ice: IceCredentials
  /** Of the offerer, with the role that it takes once we have answered. */
  dtlsParameters: types.DtlsParameters
  /** The mids of its BUNDLE group. */
  bundle: readonly string[]
  sections: readonly OfferedSection[]
}

/**
 * Reads a session description.
 *
 * @throws {MediaError} `SDP_INVALID` for anything that is not a complete WebRTC offer; `reason` names what is wrong or missing.
 * @see RFC 8866, RFC 8829
 */
export function parseOffer(text: string): Offer {
  if (!/^v=0[\r\n]/.test(text)) throw invalid('it does not begin with v=0')
  const { session, sections: blocks } = splitSdp(text)
  const sections = blocks.map((block) => readSection(block, session))
  const mids = sections.map(({ mid }) => mid)
  if (new Set(mids).size !== mids.length) throw invalid('two sections with the same mid')

  // Browsers say the same in every section; the first one that is alive leads the bundle.
  const leader = blocks[sections.findIndex(({ rejected }) => !rejected)]
  if (!leader) throw invalid('no media section')
  const ice = readIceCredentials(leader, session)
  if (!ice) throw invalid('no ice-ufrag')
  const group = session.all('group').find((line) => line.startsWith('BUNDLE'))
  return { ice, dtlsParameters: readDtlsParameters(leader, session), bundle: group?.split(' ').slice(1) ?? [], sections }
}

function readSection(block: SdpBlock, session: SdpBlock): OfferedSection {
  const [match, media = '', port, protocol = '', rest = ''] =
    /^([\w-]+) (\d{1,5})(?:\/\d+)? ([\w/]+) ([\w .*+-]+)$/.exec(block.media ?? '') ?? []
  if (match === undefined) throw invalid('an m= line')
  const formats = rest.trim().split(/ +/)
  const mid = block.first('mid')
  if (mid === undefined || !/^[\w!#$%&'*+.^`{|}~-]{1,32}$/.test(mid)) throw invalid('a section without a usable mid')
  const rejected = port === '0' && !block.has('bundle-only')
  const kind = media === 'audio' || media === 'video' || media === 'application' ? media : 'other'
  const codecs = (kind === 'audio' || kind === 'video') && !rejected ? readCodecs(kind, formats, block) : []
  const cname = block
    .all('ssrc')
    .map((line) => / cname:(\S{1,255})/.exec(line)?.[1])
    .find((name) => name !== undefined)
  return {
    mid,
    kind,
    media,
    protocol,
    formats,
    rejected,
    direction: readDirection(block) ?? readDirection(session) ?? 'sendrecv',
    rtcpMux: block.has('rtcp-mux'),
    codecs,
    extensions: block.all('extmap').flatMap(readExtension),
    rids: [...new Set(block.all('rid').flatMap(readSentRid))],
    ssrcs: [...new Set(block.all('ssrc').map((line) => readSsrc(line.split(' ')[0])))],
    ssrcGroups: block.all('ssrc-group').map((line) => {
      const [semantics = '', ...ssrcs] = line.trim().split(/ +/)
      return { semantics, ssrcs: ssrcs.map(readSsrc) }
    }),
    ...(cname !== undefined && { cname }),
  }
}

function readDirection(block: SdpBlock): Direction | undefined {
  return (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).find((direction) => block.has(direction))
}

/** Extensions above id 14 need two-byte headers, which nobody sends for those we know: they are left out. */
function readExtension(line: string): { id: number; uri: string; direction: Direction }[] {
  const [, id, direction = 'sendrecv', uri = ''] = /^(\d{1,5})(?:\/(sendrecv|sendonly|recvonly|inactive))? (\S+)/.exec(line) ?? []
  if (id === undefined) throw invalid('a=extmap')
  return Number(id) >= 1 && Number(id) <= 14 ? [{ id: Number(id), uri, direction: direction as Direction }] : []
}

function readSentRid(line: string): string[] {
  const [, rid, direction] = /^([\w-]{1,16}) (send|recv)(?: .*)?$/.exec(line) ?? []
  if (rid === undefined) throw invalid('a=rid')
  return direction === 'send' ? [rid] : []
}

function readSsrc(text = ''): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xffff_ffff || Number(text) === 0) throw invalid('an ssrc')
  return Number(text)
}
