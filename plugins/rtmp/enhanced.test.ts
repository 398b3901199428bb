import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { AmfObject } from './protocol/amf0.ts'
import type { MediaMessage } from './protocol/flv.ts'
import { MessageType } from './protocol/message.ts'
import { TestEncoder } from './protocol/test-peers.ts'
import { flows, startRtmp, untilSessions } from './test-encoders.ts'

/** Two seconds of what a classic encoder sends. */
async function recorded(): Promise<MediaMessage[]> {
  const args =
    '-v error -f lavfi -i testsrc2=size=320x180:rate=30:duration=2 -f lavfi -i sine=duration=2 -c:v libx264 -preset ultrafast -bf 0'
  const ffmpeg = spawn('ffmpeg', [...args.split(' '), ...'-pix_fmt yuv420p -c:a aac -f flv pipe:1'.split(' ')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const flv = await buffer(ffmpeg.stdout)
  const messages: MediaMessage[] = []
  for (let at = 13; at < flv.length; ) {
    const length = flv.readUIntBE(at + 1, 3)
    const type = ({ 8: 'audio', 9: 'video' } as const)[flv[at] ?? 0] ?? 'data'
    messages.push({ type, timestampMs: flv.readUIntBE(at + 4, 3), payload: flv.subarray(at + 11, at + 11 + length) })
    at += 11 + length + 4
  }
  return messages
}

/** The same as an enhanced encoder says it. */
function enhanced({ type, timestampMs, payload }: MediaMessage): MediaMessage {
  const kind = payload[1] === 0 ? 0 : 1
  if (type === 'audio')
    return { type, timestampMs, payload: Buffer.concat([Buffer.of(0x90 | kind), Buffer.from('mp4a'), payload.subarray(2)]) }
  const head = Buffer.of(0x80 | (payload[0]! & 0x70) | (payload[1] === 2 ? 2 : kind))
  return { type, timestampMs, payload: Buffer.concat([head, Buffer.from('avc1'), payload.subarray(kind === 0 ? 5 : 2)]) }
}

async function publisher(url: string): Promise<TestEncoder> {
  return await TestEncoder.publish(Number(new URL(url.replace('rtmp:', 'http:')).port), 'yard')
}

test('H.264 and AAC in the enhanced form flow like those in the classic one', async () => {
  await using ground = await startRtmp()
  using encoder = await publisher(ground.url)
  const from = performance.now()
  for (const message of await recorded()) {
    if (message.type === 'data') continue
    const { type, timestampMs, payload } = enhanced(message)
    await wait(Math.max(0, timestampMs - (performance.now() - from)))
    encoder.media(type === 'audio' ? MessageType.AUDIO : MessageType.VIDEO, timestampMs, payload)
  }
  const [session] = await untilSessions(ground, ([one]) => flows(one))
  assert.deepEqual([session?.videoCodec, session?.audioCodec, session?.widthPx, session?.transcoded], ['H264', 'AAC', 320, false])
})

test('enhanced encoders are told what passes through', async () => {
  await using ground = await startRtmp()
  using encoder = await TestEncoder.connect(Number(new URL(ground.url.replace('rtmp:', 'http:')).port))
  const { object } = await encoder.open({ app: 'live', fourCcList: ['*'] })
  assert.deepEqual((object as AmfObject).fourCcList, ['avc1', 'av01', 'vp09', 'mp4a', 'Opus'])
})

const video = (head: number, fourCc: string) => [MessageType.VIDEO, Buffer.of(head), fourCc, Buffer.alloc(30)] as const
const sixChannels = Buffer.concat([Buffer.from('OpusHead'), Buffer.of(1, 6), Buffer.alloc(12)])

for (const [name, messages, told] of [
  ['HEVC', [video(0x90, 'hvc1')], /codec: H265.*HEVC.*set the encoder to H\.264 or AV1/],
  ['HEVC in the form of Chinese cameras', [[MessageType.VIDEO, Buffer.of(0x1c, 0), '', Buffer.alloc(30)]], /codec: H265.*HEVC/],
  ['VVC', [video(0x90, 'vvc1')], /codec: H266.*set the encoder to/],
  ['a codec that changes in the middle', [video(0x90, 'av01'), video(0x90, 'vp09')], /codec: VP9.*was AV1/],
  ['Opus in more than two channels', [[MessageType.AUDIO, Buffer.of(0x90), 'Opus', sixChannels]], /codec: OPUS.*not 6 channels/],
  ['FLAC', [[MessageType.AUDIO, Buffer.of(0x91), 'fLaC', Buffer.alloc(30)]], /codec: FLAC.*as AAC or Opus/],
] as const) {
  test(`${name} is refused, and the encoder hears why before the connection ends`, async () => {
    await using ground = await startRtmp()
    using encoder = await publisher(ground.url)
    for (const [type, head, fourCc, data] of messages) encoder.media(type, 0, Buffer.concat([head, Buffer.from(fourCc), data]))
    const { args } = await encoder.answer('onStatus')
    assert.match(JSON.stringify(args), told)
    await encoder.ended
    await untilSessions(ground, (sessions) => sessions.length === 0)
  })
}

test('an encoder that hangs up while it is let in leaves nobody in the room', async () => {
  await using ground = await startRtmp()
  using encoder = await TestEncoder.publishing(Number(new URL(ground.url.replace('rtmp:', 'http:')).port), 'yard')
  encoder.socket.destroy()
  await encoder.ended
  await ground.runtime.until<{ rooms: { participants: unknown[] }[] }>('{ rooms { participants { id } } }', ({ rooms }) =>
    rooms.every(({ participants }) => participants.length === 0),
  )
})

test('noise on the port harms nobody', async () => {
  await using ground = await startRtmp()
  for (const noise of ['GET / HTTP/1.1\r\n\r\n', '\x03'.repeat(5_000), '\x16\x03\x01']) {
    connect(Number(new URL(ground.url.replace('rtmp:', 'http:')).port), '127.0.0.1')
      .on('error', () => {})
      .end(noise)
  }
  using _encoder = await publisher(ground.url)
  await untilSessions(ground, (sessions) => sessions.length === 1)
})
