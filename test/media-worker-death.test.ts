import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { SYSTEM } from '../core/access/caller.ts'
import { RtpIngest, type RtpTarget } from '../core/ingress/rtp-ingest.ts'
import { TestRuntime } from './harness.ts'

const OPUS = { kind: 'audio', codec: { mimeType: 'audio/opus', clockRate: 48_000, channels: 2 } } as const

/** Sends 20 ms of silence, again and again. */
function sendSilence({ ip, port, ssrc, payloadType }: RtpTarget): Disposable {
  const socket = createSocket('udp4')
  let sequence = 0
  const timer = setInterval(() => {
    const packet = Buffer.alloc(15)
    packet.writeUInt8(0x80, 0)
    packet.writeUInt8(payloadType, 1)
    packet.writeUInt16BE(sequence & 0xffff, 2)
    packet.writeUInt32BE(sequence * 960, 4)
    packet.writeUInt32BE(ssrc, 8)
    packet.set([0xf8, 0xff, 0xfe], 12)
    sequence++
    socket.send(packet, port, ip)
  }, 20)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      socket.close()
    },
  }
}

test('when a media worker is killed its rooms are re-made, and whoever sends plain RTP never notices', async () => {
  await using server = await TestRuntime.start({ env: { WORKERS: '2' } })
  const { core } = server.runtime
  const { participant } = await core.ingresses.accept({ protocol: 'RTMP', app: 'live', key: 'yard', caller: SYSTEM })
  const target = await RtpIngest.open(participant, OPUS, { ...console, fatal: console.error, child: () => assert.fail() })
  using _sender = sendSilence(target)

  type Tracks = { tracks: { id: string; stats: { packetsReceived: number } }[]; server: { mediaWorkers: { pid: number }[] } }
  const query = '{ tracks { id stats { packetsReceived } } server { mediaWorkers { pid } } }'
  await server.until<Tracks>(query, ({ tracks }) => (tracks[0]?.stats.packetsReceived ?? 0) > 10)

  const dead = participant.room.media.worker.pid
  process.kill(dead, 'SIGKILL')
  // The new worker counts from nothing: packets on the same port, for the same track, mean that it is all there again.
  const after = await server.until<Tracks>(
    query,
    ({ tracks, server: { mediaWorkers } }) =>
      mediaWorkers.length === 2 && !mediaWorkers.some(({ pid }) => pid === dead) && (tracks[0]?.stats.packetsReceived ?? 0) > 10,
    3_000,
  )
  assert.equal(after.tracks[0]?.id, target.trackId)
})

test('with every media worker killed at once, rooms come back when the first is replaced', async () => {
  await using server = await TestRuntime.start()
  const { core } = server.runtime
  const { participant } = await core.ingresses.accept({ protocol: 'RTMP', app: 'live', key: 'yard', caller: SYSTEM })
  const target = await RtpIngest.open(participant, OPUS, { ...console, fatal: console.error, child: () => assert.fail() })
  using _sender = sendSilence(target)
  process.kill(participant.room.media.worker.pid, 'SIGKILL')
  await server.until<{ tracks: { stats: { score: number; packetsReceived: number } }[] }>(
    '{ tracks { stats { score packetsReceived } } }',
    ({ tracks }) => (tracks[0]?.stats.packetsReceived ?? 0) > 10,
    3_000,
  )
})
