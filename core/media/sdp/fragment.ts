import type { types } from 'mediasoup'
import { invalid, splitSdp } from './lines.ts'
import { iceLines, readIceCredentials, type TransportParameters } from './transport.ts'

/** A candidate the other side says it can be reached at. */
export type RemoteCandidate = {
  foundation: string
  protocol: 'udp' | 'tcp'
  priority: number
  address: string
  port: number
  type: 'host' | 'srflx' | 'prflx' | 'relay'
}

/** The body of a trickle PATCH. */
export type IceFragment = {
  /** Absent when the client leaves its credentials out; different from the offer's when it asks for an ICE restart. */
  iceUfrag?: string
  icePwd?: string
  candidates: RemoteCandidate[]
  endOfCandidates: boolean
}

const CANDIDATE = /^([\w+/-]{1,32}) (\d{1,5}) ([\w-]+) (\d{1,10}) ([\w.:%-]{1,255}) (\d{1,5}) typ (\w+)( .*)?$/

/**
 * Reads an `application/trickle-ice-sdpfrag`. Candidates that are well written but of no use here are left out.
 *
 * @throws {MediaError} `SDP_INVALID` when it is malformed or says nothing.
 * @see RFC 8840 section 9, RFC 9725 section 4.3
 */
export function parseFragment(text: string): IceFragment {
  const { session, sections } = splitSdp(text)
  const blocks = [...sections, session]
  const credentials = readIceCredentials(...blocks)
  const lines = blocks.flatMap((block) => block.all('candidate'))
  const candidates = lines.map(readCandidate).filter((candidate) => candidate !== undefined)
  const endOfCandidates = blocks.some((block) => block.has('end-of-candidates'))
  if (!credentials && lines.length === 0 && !endOfCandidates) throw invalid('a fragment that says nothing')
  return { ...(credentials && { iceUfrag: credentials.ufrag, icePwd: credentials.pwd }), candidates, endOfCandidates }
}

function readCandidate(line: string): RemoteCandidate | undefined {
  const [match, foundation = '', component, transport = '', priority, address = '', port, type] = CANDIDATE.exec(line) ?? []
  if (match === undefined || Number(port) > 65_535 || Number(priority) > 0xffff_ffff) throw invalid('a=candidate')
  const protocol = transport.toLowerCase()
  // Component 2 is RTCP, which we only take on the port of its RTP.
  if (component !== '1' || (protocol !== 'udp' && protocol !== 'tcp')) return undefined
  if (type !== 'host' && type !== 'srflx' && type !== 'prflx' && type !== 'relay') return undefined
  return { foundation, protocol, priority: Number(priority), address, port: Number(port), type }
}

/** Our half of an ICE restart: new credentials and all candidates, said once for the section that leads the bundle. */
export function writeFragment(
  transport: Pick<TransportParameters, 'iceParameters' | 'iceCandidates'>,
  leader: { mid: string; kind: types.MediaKind },
): string {
  const lines = ['a=ice-lite', `m=${leader.kind} 9 UDP/TLS/RTP/SAVPF 0`, `a=mid:${leader.mid}`, ...iceLines(transport)]
  return `${lines.join('\r\n')}\r\n`
}
