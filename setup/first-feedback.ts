import { once } from 'node:events'
import * as mediasoup from 'mediasoup'

const SSRC = 4_711
const PAYLOAD_TYPE = 111
const OPUS = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: PAYLOAD_TYPE } as const
const EXTENSION = { id: 3, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01' } as const
const TRANSPORT_FEEDBACK = { type: 205, format: 15 }

/**
 * Looks at the first transport-wide feedback that a freshly spawned media worker gives for a stream. A browser measures its network
 * with the first packets it sends, and drops feedback that names no stream of its own: then it sends at its lowest bitrate.
 * mediasoup 3.27.1's own builds name stream 0.
 *
 * @throws {Error} when the feedback names another stream, or none has come in time.
 */
export async function requireFirstFeedback(workerBin: string, timeoutMs = 5_000): Promise<void> {
  const worker = await mediasoup.createWorker({ workerBin, logLevel: 'error' })
  try {
    const router = await worker.createRouter({ mediaCodecs: [{ ...OPUS, rtcpFeedback: [{ type: 'transport-cc', parameter: '' }] }] })
    const transport = await router.createDirectTransport()
    const producer = await transport.produce({
      kind: 'audio',
      rtpParameters: {
        codecs: [
          {
            mimeType: OPUS.mimeType,
            payloadType: PAYLOAD_TYPE,
            clockRate: OPUS.clockRate,
            channels: OPUS.channels,
            rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
          },
        ],
        headerExtensions: [EXTENSION],
        encodings: [{ ssrc: SSRC }],
      },
    })
    const arrived = once(transport, 'rtcp', { signal: AbortSignal.timeout(timeoutMs) }) as Promise<[Buffer]>
    producer.send(silence())
    const [feedback] = await arrived
    const isFeedback = feedback[1] === TRANSPORT_FEEDBACK.type && (feedback[0]! & 0x1f) === TRANSPORT_FEEDBACK.format
    const named = feedback.readUInt32BE(8)
    if (!isFeedback || named !== SSRC)
      throw new Error(`its first transport feedback names stream ${named}, so browsers do not find their bitrate`)
  } finally {
    worker.close()
  }
}

/** One Opus packet of silence that carries its transport-wide sequence number. */
function silence(): Buffer {
  const header = Buffer.from([0x90, PAYLOAD_TYPE, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(SSRC, 8)
  const extension = [0xbe, 0xde, 0, 1, (EXTENSION.id << 4) | 1, 0, 1, 0]
  return Buffer.concat([header, Buffer.from(extension), Buffer.from([0xf8, 0xff, 0xfe])])
}
