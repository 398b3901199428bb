import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { packFrame } from '../../kit/rtp/h264-payload.ts'
import { RtpFrames } from '../../kit/rtp/rtp-frames.ts'
import { RtpSender } from '../../kit/rtp/rtp-sender.ts'
import { SenderReports } from '../../kit/rtp/sender-reports.ts'
import { SessionClock } from '../../kit/rtp/session-clock.ts'
import { nalLengthBytes, nalUnits, parameterSets } from './avcc.ts'

const SPS = Buffer.from('6742c01f', 'hex')
const PPS = Buffer.from('68ce', 'hex')
const IDR = Buffer.concat([Buffer.of(0x65), Buffer.alloc(3_000, 0x11)])
const SLICE = Buffer.concat([Buffer.of(0x41), Buffer.alloc(50, 0x22)])
const MAX = 1_000

type Packed = { payload: Buffer; last: boolean }

function pack(units: Buffer[], sets: Buffer[] = []): Packed[] {
  const packed: Packed[] = []
  packFrame(units, sets, MAX, (payload, last) => packed.push({ payload: Buffer.concat(payload), last }))
  return packed
}

/** What a receiver makes of it. @see RFC 6184 */
function unpack(packed: Packed[]): Buffer[] {
  const units: Buffer[] = []
  for (const { payload } of packed) {
    const type = payload[0]! & 0x1f
    if (type === 24) {
      for (let at = 1; at < payload.length; at += 2 + payload.readUInt16BE(at))
        units.push(payload.subarray(at + 2, at + 2 + payload.readUInt16BE(at)))
    } else if (type === 28) {
      if (payload[1]! & 0x80) units.push(Buffer.of((payload[0]! & 0xe0) | (payload[1]! & 0x1f)))
      units.push(Buffer.concat([units.pop()!, payload.subarray(2)]))
    } else units.push(payload)
  }
  return units
}

test('a keyframe is packed behind its parameter sets and comes out whole', () => {
  const packed = pack([IDR, SLICE], [SPS, PPS])
  assert.deepEqual(unpack(packed), [SPS, PPS, IDR, SLICE])
  assert.equal(packed[0]!.payload[0]! & 0x1f, 24)
  assert.ok(packed.every(({ payload }) => payload.length <= MAX))
  assert.deepEqual(
    packed.map(({ last }) => last),
    packed.map((_, index) => index === packed.length - 1),
  )
})

test('a keyframe that brings parameter sets of its own keeps those', () => {
  const own = Buffer.from('6742c028', 'hex')
  assert.deepEqual(unpack(pack([own, PPS, IDR], [SPS, PPS])), [own, PPS, IDR])
})

test('other frames come alone, without delimiters and padding', () => {
  assert.deepEqual(unpack(pack([Buffer.from('09f0', 'hex'), SLICE, Buffer.from('0cffff80', 'hex')], [SPS, PPS])), [SLICE])
  assert.deepEqual(pack([]), [])
})

test('units that claim more bytes than there are, are left out', () => {
  const framed = (unit: Buffer, length = unit.length) => Buffer.concat([Buffer.from([0, 0, length >> 8, length & 0xff]), unit])
  assert.deepEqual(nalUnits(Buffer.concat([framed(SLICE), framed(SPS), framed(PPS, 900)]), 4), [SLICE, SPS])
  assert.deepEqual(nalUnits(Buffer.of(1), 4), [])
  assert.deepEqual(nalUnits(Buffer.of(2, 0x41, 1), 1), [Buffer.of(0x41, 1)])
})

test('parameter sets are read from a sequence header, and a short one does no harm', () => {
  const record = Buffer.concat([Buffer.from('0142c01fffe10004', 'hex'), SPS, Buffer.from('010002', 'hex'), PPS])
  assert.deepEqual(parameterSets(record), [SPS, PPS])
  assert.equal(nalLengthBytes(record), 4)
  for (let length = 0; length < record.length; length++) assert.ok(parameterSets(record.subarray(0, length)).length <= 1)
})

test('packets are read off a stream however it is cut', () => {
  const packets = [Buffer.from('one'), Buffer.from('another'), Buffer.alloc(300, 7)]
  const bytes = Buffer.concat(packets.map((packet) => Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet])))
  for (const step of [1, 2, 5, 1_000]) {
    const seen: Buffer[] = []
    const frames = new RtpFrames((packet) => seen.push(packet))
    for (let at = 0; at < bytes.length; at += step) frames.push(bytes.subarray(at, at + step))
    assert.deepEqual(seen, packets)
  }
})

test('sender reports put the RTP time of every stream on the wall clock', async () => {
  const receiver = createSocket('udp4')
  receiver.bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const received: Buffer[] = []
  receiver.on('message', (message) => received.push(message))
  const { port } = receiver.address()
  const reports = new SenderReports()
  const sender = await RtpSender.open({ ip: '127.0.0.1', port, payloadType: 96, clockRate: 90_000 })
  const streams = [sender.stream(7), sender.stream(8)]
  const clock = new SessionClock()
  clock.start(5_000)
  const stop = reports.add({ ip: '127.0.0.1', rtcpPort: port, cname: 'PA_x', clock, streams })
  streams[0]!.send([Buffer.from('payload')], 5_000, true)
  while (received.length < 1) await once(receiver, 'message')
  reports.send({ ip: '127.0.0.1', rtcpPort: port, cname: 'PA_x', clock, streams })
  while (received.length < 2) await once(receiver, 'message')

  const [packet, report] = received as [Buffer, Buffer]
  assert.deepEqual([packet[1], packet.readUInt32BE(8), packet.toString('latin1', 12)], [0x80 | 96, 7, 'payload'])
  // The other stream has sent nothing yet: nothing is told of it.
  assert.deepEqual([report[1], report.readUInt32BE(4), report.readUInt32BE(20), report.readUInt32BE(24)], [200, 7, 1, 7])
  const sinceMs = ((report.readUInt32BE(16) - packet.readUInt32BE(4)) >>> 0) / 90
  const ntpMs = (report.readUInt32BE(8) - 2_208_988_800) * 1_000 + (report.readUInt32BE(12) / 2 ** 32) * 1_000
  assert.ok(sinceMs >= 0 && sinceMs < 1_000, `${sinceMs} ms`)
  assert.ok(Math.abs(ntpMs - Date.now()) < 1_000)
  assert.equal((report.readUInt16BE(2) + 1) * 4 + (report.readUInt16BE(30) + 1) * 4, report.length)
  assert.equal(report.toString('latin1', 38, 42), 'PA_x')

  stop()
  sender.close()
  streams[0]!.send([Buffer.from('late')], 6_000, true)
  reports.close()
  receiver.close()
})
