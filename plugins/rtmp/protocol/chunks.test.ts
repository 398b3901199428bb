import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChunkReader } from './chunk-reader.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { controlMessage, MessageType, type RtmpMessage } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

function read(...parts: Buffer[]): RtmpMessage[] {
  const messages: RtmpMessage[] = []
  const reader = new ChunkReader((message) => messages.push(message))
  for (const part of parts) reader.push(part)
  return messages
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const times = (messages: RtmpMessage[]) => messages.map(({ timestamp }) => timestamp)

test('messages survive every chunk size, extended timestamps and delivery byte by byte', () => {
  const payload = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i & 0xff))
  for (const chunkSize of [1, 2, 127, 128, 4_096, 65_536]) {
    for (const timestamp of [0, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff]) {
      const writer = new ChunkWriter()
      const sent = { type: MessageType.VIDEO, streamId: 1, timestamp, payload }
      const announced = writer.write(controlMessage(MessageType.SET_CHUNK_SIZE, chunkSize), 2)
      writer.chunkSize = chunkSize
      const bytes = Buffer.concat([...announced, ...writer.write(sent, 6), ...writer.write(sent, 6)])
      assert.deepEqual(read(bytes).slice(1), [sent, sent])
      const slowly = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
      assert.deepEqual(read(...slowly).slice(1), [sent, sent], `chunk size ${chunkSize}, time ${timestamp}`)
    }
  }
})

test('compressed headers inherit, and deltas add up across the 32-bit wrap', () => {
  const messages = read(
    hex('04 ffffff 000002 09 01000000 fffffff0 aabb'),
    hex('44 000014 000001 09 cc'), // format 1: +20 wraps to 4
    hex('84 00000a dd'), // format 2: +10
    hex('c4 ee'), // format 3: +10 again
  )
  assert.deepEqual(times(messages), [0xfffffff0, 4, 14, 24])
  assert.deepEqual(
    messages.map(({ payload }) => payload.toString('hex')),
    ['aabb', 'cc', 'dd', 'ee'],
  )
  assert.ok(messages.every(({ streamId }) => streamId === 1))
})

test('format 3 right after format 0 repeats a small time as delta, and not a large one', () => {
  assert.deepEqual(times(read(hex('04 000014 000001 08 01000000 aa'), hex('c4 aa'))), [20, 40])
  assert.deepEqual(times(read(hex('04 100000 000001 08 01000000 aa'), hex('c4 aa'))), [0x100000, 0x100000])
})

test('continuations are read with and without the repeated extended timestamp', () => {
  const head = hex('04 ffffff 0000c8 09 01000000 01020304')
  const first = Buffer.alloc(128, 1)
  const second = Buffer.alloc(72, 2)
  const expected = Buffer.concat([first, second])
  for (const continuation of [hex('c4 01020304'), hex('c4')]) {
    const bytes = Buffer.concat([head, first, continuation, second])
    assert.deepEqual(read(bytes)[0]?.payload, expected)
    assert.deepEqual(read(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))[0]?.payload, expected)
  }
})

test('two and three byte chunk stream ids, interleaved', () => {
  const a = Buffer.alloc(200, 1)
  const b = Buffer.alloc(200, 2)
  const messages = read(
    Buffer.concat([hex('00 3b 000001 0000c8 08 01000000'), a.subarray(0, 128)]), // id 123
    Buffer.concat([hex('01 0102 000002 0000c8 09 01000000'), b.subarray(0, 128)]), // id 64 + 1 + 2 * 256
    Buffer.concat([hex('c0 3b'), a.subarray(128)]),
    Buffer.concat([hex('c1 0102'), b.subarray(128)]),
  )
  assert.deepEqual(
    messages.map(({ type, timestamp, payload }) => [type, timestamp, payload]),
    [
      [8, 1, a],
      [9, 2, b],
    ],
  )
})

test('the chunk size changes between two chunks of a message', () => {
  const payload = Buffer.alloc(300, 9)
  const messages = read(
    hex('04 000000 00012c 09 01000000'),
    payload.subarray(0, 128),
    hex('02 000000 000004 01 00000000 00001000'),
    hex('c4'),
    payload.subarray(128),
  )
  assert.deepEqual(messages[1]?.payload, payload)
})

test('an aborted message is forgotten', () => {
  const messages = read(
    hex('04 000000 0000c8 09 01000000'),
    Buffer.alloc(128),
    hex('02 000000 000004 02 00000000 00000004'),
    hex('04 000005 000001 09 01000000 aa'),
  )
  assert.deepEqual(times(messages), [0, 5])
})

test('hold keeps what follows, also when released from within', () => {
  const messages: RtmpMessage[] = []
  const reader = new ChunkReader((message) => {
    messages.push(message)
    reader.hold()
    if (messages.length === 3) reader.release()
  })
  const one = hex('04 000001 000001 08 01000000 aa')
  reader.push(Buffer.concat([one, one, one, one]))
  assert.equal(messages.length, 1)
  assert.equal(reader.bufferedBytes, 3 * one.length)
  reader.release()
  assert.equal(messages.length, 2)
  reader.release()
  assert.equal(messages.length, 4)
})

test('nonsense is refused', () => {
  const fresh = (id: number) => Buffer.concat([Buffer.of(id), hex('000000 000001 08 01000000 aa')])
  const wrong: Record<string, Buffer[]> = {
    'chunk size 0': [hex('02 000000 000004 01 00000000 00000000')],
    'chunk size with the high bit': [hex('02 000000 000004 01 00000000 80000000')],
    'short chunk size': [hex('02 000000 000001 01 00000000 00')],
    'first chunk without a header': [hex('c4')],
    'message in a message': [hex('04 000000 0000c8 09 01000000'), Buffer.alloc(128), hex('04 000000 0000c8 09 01000000')],
    'large message': [hex('04 000000 800001 09 01000000')],
    'many chunk streams': Array.from({ length: 65 }, (_, i) =>
      i < 61 ? fresh(i + 3) : Buffer.concat([Buffer.of(0, i), fresh(0).subarray(1)]),
    ),
  }
  for (const [what, parts] of Object.entries(wrong)) assert.throws(() => read(...parts), ProtocolError, what)
})

test('messages under way at once are bounded, and promised lengths cost nothing', () => {
  const before = process.memoryUsage().arrayBuffers
  const reader = new ChunkReader(() => {})
  for (let id = 3; id < 63; id++) reader.push(Buffer.concat([Buffer.of(id), hex('000000 7fffff 09 01000000'), Buffer.alloc(128)]))
  assert.ok(process.memoryUsage().arrayBuffers - before < 8e6)

  const block = Buffer.alloc(128)
  assert.throws(() => {
    for (;;) for (let id = 3; id < 63; id++) reader.push(Buffer.concat([Buffer.of(0xc0 | id), block]))
  }, ProtocolError)
})
