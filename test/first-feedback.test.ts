import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { openRoom } from './sdp-browser.ts'

const SSRC = 4_711
const PAYLOAD_TYPE = 111
const EXTENSION = { id: 3, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01' } as const
const TRANSPORT_FEEDBACK = { type: 205, format: 15 }

/** One Opus packet of silence that carries its transport-wide sequence number. */
function silence(): Buffer {
  const header = Buffer.from([0x90, PAYLOAD_TYPE, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(SSRC, 8)
  const extension = [0xbe, 0xde, 0, 1, (EXTENSION.id << 4) | 1, 0, 1, 0]
  return Buffer.concat([header, Buffer.from(extension), Buffer.from([0xf8, 0xff, 0xfe])])
}

// A browser measures its network with the first packets it sends, and drops feedback that names no stream of its own.
test('already the first transport-wide feedback names a stream of its sender', { timeout: 10_000 }, async () => {
  using room = await openRoom()
  const transport = await room.router.createDirectTransport()
  const producer = await transport.produce({
    kind: 'audio',
    rtpParameters: {
      codecs: [
        {
          mimeType: 'audio/opus',
          payloadType: PAYLOAD_TYPE,
          clockRate: 48_000,
          channels: 2,
          rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
        },
      ],
      headerExtensions: [EXTENSION],
      encodings: [{ ssrc: SSRC }],
    },
  })
  const arrived = once(transport, 'rtcp') as Promise<[Buffer]>
  producer.send(silence())

  const [feedback] = await arrived
  assert.deepEqual({ type: feedback[1], format: feedback[0]! & 0x1f }, TRANSPORT_FEEDBACK)
  assert.equal(feedback.readUInt32BE(8), SSRC)
})
