import type { types } from 'mediasoup'
import * as mediasoup from 'mediasoup'
import { Audio, PeerConnection } from 'node-datachannel'

/** How long the two halves of a handshake took, in milliseconds. */
export interface Handshake {
  /** From spawning the worker to its being ready. */
  startMs: number
  /** From the peer's offer to a DTLS session and a decrypted SRTP packet. */
  dtlsMs: number
}

const OPUS = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 111 } as const
const SSRC = 4242

/**
 * Lets a real WebRTC peer connect to a freshly spawned media worker over loopback and send it one SRTP packet.
 * A worker built against an unfit OpenSSL starts, answers and carries plain RTP, and crashes only here.
 *
 * @param timeoutMs Milliseconds until the worker counts as broken.
 * @throws {Error} when the worker does not start, dies, or has not decrypted the packet in time.
 */
export async function handshake(workerBin: string, timeoutMs = 10_000): Promise<Handshake> {
  const spawnedAt = performance.now()
  const worker = await mediasoup.createWorker({ workerBin, logLevel: 'error' })
  const startedAt = performance.now()
  const peer = new PeerConnection('handshake', { iceServers: [], bindAddress: '127.0.0.1' })
  const broken = Promise.withResolvers<never>()
  const timer = setTimeout(() => broken.reject(new Error(`no decrypted packet within ${timeoutMs} ms`)), timeoutMs)
  worker.once('died', (error) => broken.reject(new Error(`the worker died during the handshake: ${error.message}`)))
  try {
    await Promise.race([sendOnePacket(worker, peer), broken.promise])
    return { startMs: startedAt - spawnedAt, dtlsMs: performance.now() - startedAt }
  } finally {
    clearTimeout(timer)
    peer.close()
    worker.close()
  }
}

async function sendOnePacket(worker: types.Worker, peer: PeerConnection): Promise<void> {
  const router = await worker.createRouter({ mediaCodecs: [OPUS] })
  const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] })
  const producer = await transport.produce({
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: OPUS.mimeType, clockRate: OPUS.clockRate, channels: OPUS.channels, payloadType: 111 }],
      encodings: [{ ssrc: SSRC }],
    },
  })
  await producer.enableTraceEvent(['rtp'])
  const decrypted = new Promise<void>((resolve) => producer.once('trace', () => resolve()))

  const audio = new Audio('0', 'SendOnly')
  audio.addOpusCodec(111)
  audio.addSSRC(SSRC, 'handshake')
  const track = peer.addTrack(audio)
  track.onOpen(() => track.sendMessageBinary(silentPacket()))

  const offer = await new Promise<string>((resolve) => {
    peer.onLocalDescription(resolve)
    peer.setLocalDescription()
  })
  await transport.connect({ dtlsParameters: { role: 'client', fingerprints: [fingerprintOf(offer)] } })
  peer.setRemoteDescription(answerOf(transport), 'answer')
  await decrypted
}

function fingerprintOf(sdp: string): types.DtlsFingerprint {
  const value = /^a=fingerprint:sha-256 (\S+)/m.exec(sdp)?.[1]
  if (!value) throw new Error('the peer offered no sha-256 fingerprint')
  return { algorithm: 'sha-256', value }
}

function answerOf({ iceParameters, iceCandidates, dtlsParameters }: types.WebRtcTransport): string {
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 127.0.0.1',
    'a=mid:0',
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    `a=fingerprint:sha-256 ${fingerprint?.value}`,
    'a=setup:passive',
    ...iceCandidates.map((c) => `a=candidate:${c.foundation} 1 udp ${c.priority} ${c.address} ${c.port} typ host`),
    'a=end-of-candidates',
    '',
  ].join('\r\n')
}

/** One RTP packet with an Opus frame of silence. */
function silentPacket(): Buffer {
  const packet = Buffer.alloc(15)
  packet.writeUInt8(0x80, 0)
  packet.writeUInt8(111, 1)
  packet.writeUInt16BE(1, 2)
  packet.writeUInt32BE(960, 4)
  packet.writeUInt32BE(SSRC, 8)
  packet.set([0xf8, 0xff, 0xfe], 12)
  return packet
}
