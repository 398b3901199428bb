import type { types } from 'mediasoup'
import { invalid, type SdpBlock } from './lines.ts'

export type IceCredentials = { ufrag: string; pwd: string }

/** What of a WebRTC transport goes into an answer. */
export type TransportParameters = {
  iceParameters: types.IceParameters
  iceCandidates: types.IceCandidate[]
  dtlsParameters: types.DtlsParameters
  sctpParameters?: types.SctpParameters | undefined
}

type FingerprintAlgorithm = types.DtlsFingerprint['algorithm']
const FINGERPRINT_BYTES: ReadonlyMap<string, number> = new Map<FingerprintAlgorithm, number>([
  ['sha-1', 20],
  ['sha-224', 28],
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
])

/**
 * The ICE credentials of a section, or of the session when the section has none.
 *
 * @throws {MediaError} `SDP_INVALID` when they are half there or break the grammar of RFC 8839 section 5.4.
 */
export function readIceCredentials(...blocks: SdpBlock[]): IceCredentials | undefined {
  const ufrag = firstOf(blocks, 'ice-ufrag')
  const pwd = firstOf(blocks, 'ice-pwd')
  if (ufrag === undefined && pwd === undefined) return undefined
  if (!/^[\w+/=-]{4,256}$/.test(ufrag ?? '')) throw invalid('ice-ufrag')
  if (!/^[\w+/=-]{22,256}$/.test(pwd ?? '')) throw invalid('ice-pwd')
  return { ufrag: ufrag!, pwd: pwd! }
}

/**
 * The DTLS parameters of whoever wrote the description, with the role it takes once we have answered.
 *
 * @throws {MediaError} `SDP_INVALID` without a usable `a=fingerprint` or `a=setup`.
 */
export function readDtlsParameters(...blocks: SdpBlock[]): types.DtlsParameters {
  const setup = firstOf(blocks, 'setup')
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') throw invalid('a=setup')
  const lines = blocks.find((block) => block.has('fingerprint'))?.all('fingerprint') ?? []
  const fingerprints = lines.map(readFingerprint).filter((fingerprint) => fingerprint !== undefined)
  if (fingerprints.length === 0) throw invalid('no usable a=fingerprint')
  // We let the other side start the handshake whenever it can.
  return { role: setup === 'passive' ? 'server' : 'client', fingerprints }
}

function readFingerprint(line: string): types.DtlsFingerprint | undefined {
  const [algorithm = '', value = ''] = line.toLowerCase().split(' ')
  const bytes = FINGERPRINT_BYTES.get(algorithm)
  if (bytes === undefined) return undefined
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2})*$/.test(value) || value.length !== bytes * 3 - 1) throw invalid('a=fingerprint')
  return { algorithm: algorithm as FingerprintAlgorithm, value: value.toUpperCase() }
}

function firstOf(blocks: readonly SdpBlock[], name: string): string | undefined {
  return blocks.find((block) => block.has(name))?.first(name)
}

/** The lines by which a section reaches our transport: ICE, its candidates (all of them: we never trickle), DTLS. */
export function transportLines(transport: TransportParameters, remoteRole: types.DtlsRole | undefined): string[] {
  const { fingerprints } = transport.dtlsParameters
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0]!
  return [
    ...iceLines(transport),
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${remoteRole === 'server' ? 'active' : 'passive'}`,
  ]
}

/** Our ICE credentials and candidates, as an answer and a trickle fragment carry them. */
export function iceLines({ iceParameters, iceCandidates }: Pick<TransportParameters, 'iceParameters' | 'iceCandidates'>): string[] {
  return [
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    ...iceCandidates.map(candidateLine),
    'a=end-of-candidates',
  ]
}

function candidateLine({ foundation, protocol, priority, address, port, type, tcpType }: types.IceCandidate): string {
  const line = `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}`
  return tcpType ? `${line} tcptype ${tcpType}` : line
}
