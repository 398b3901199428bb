import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as elapsed } from 'node:timers/promises'
import { MediaError } from '../../../core/kernel/errors.ts'
import { parseAudioTag } from './audio-tag.ts'
import { parseAvcConfig } from './avc-config.ts'
import type { MediaMessage } from './flv.ts'
import { parseHevcConfig } from './hevc-config.ts'
import { commandMessage, UserControl, userControlMessage } from './message.ts'
import { clientHandshake, receive, startServer, TestEncoder, wholeSession } from './test-peers.ts'
import { parseVideoTag } from './video-tag.ts'

const session = wholeSession()
const HANDSHAKE_BYTES = clientHandshake().length

/** A small seeded generator, so that a failure can be repeated. @see mulberry32 */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function mutated(random: (below: number) => number): Buffer {
  const start = random(4) === 0 ? 0 : HANDSHAKE_BYTES
  let bytes: Buffer = Buffer.from(session)
  for (let left = 1 + random(12); left > 0; left--) {
    const at = start + random(bytes.length - start)
    const action = random(16)
    if (action < 2) bytes = bytes.subarray(0, Math.max(at, start + 1))
    else if (action < 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(start + random(bytes.length - start))])
    else if (action < 7) bytes.subarray(at, at + random(20)).fill([0, 0xff, 0x0a, 0x03][random(4)]!)
    else bytes[at] = random(256)
  }
  return bytes
}

function feed(socket: Duplex, bytes: Buffer, random: (below: number) => number): void {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random(2_000)
    socket.write(bytes.subarray(at, at + length))
    at += length
  }
}

/** What a pipeline would read of a message. */
function readHeads({ type, payload }: MediaMessage): void {
  try {
    if (type === 'audio') parseAudioTag(payload)
    if (type !== 'video') return
    const tag = parseVideoTag(payload)
    parseAvcConfig(payload.subarray(tag?.dataOffset))
    parseHevcConfig(payload.subarray(tag?.dataOffset))
  } catch (error) {
    assert.ok(error instanceof MediaError, String(error))
  }
}

test('20,000 mutated sessions end without a crash, and memory is given back', { timeout: 60_000 }, async () => {
  const memory = () => process.memoryUsage.rss()
  const reasons = new Map<string, number>()
  let published = 0
  let before = 0
  for (let seed = 0; seed < 20_000; seed += 50) {
    if (seed === 4_000) before = memory()
    const batch = Array.from({ length: 50 }, async (_, i) => {
      const random = seeded(seed + i)
      const [near, far] = duplexPair()
      const received = receive(near)
      far.on('error', () => {}).resume()
      feed(far, mutated(random), random)
      // Publishing is accepted in a later turn; hanging up at once would forestall it.
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      far.end()
      const { reason, detail } = await received.closed
      assert.notEqual(detail, 'a message could not be handled', `seed ${seed + i}`)
      for (const message of received.media) readHeads(message)
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      published += received.requests.length
      far.destroy()
      near.destroy()
    })
    await Promise.all(batch)
  }
  assert.equal(
    [...reasons.values()].reduce((sum, count) => sum + count),
    20_000,
  )
  assert.ok(published > 1_000, `${published} got through to publishing`)
  for (const reason of ['PROTOCOL_ERROR', 'DISCONNECTED', 'UNPUBLISHED']) assert.ok((reasons.get(reason) ?? 0) > 100, reason)
  assert.ok(memory() - before < 150e6, `grew by ${memory() - before} bytes`)
})

test('the same over real sockets, all at once', async () => {
  await using server = await startServer()
  const ends = Array.from({ length: 300 }, async (_, seed) => {
    const random = seeded(seed)
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    feed(socket, seed % 3 === 0 ? Buffer.from(Array.from({ length: 4_000 }, () => random(256))) : mutated(random), random)
    socket.end()
    const received = await server.next()
    await received.closed
    socket.destroy()
  })
  await Promise.all(ends)
  using encoder = await TestEncoder.publish(server.port)
  assert.ok(encoder.socket.writable)
})

test('a peer that asks and never reads is let go', async () => {
  const [near, far] = duplexPair()
  const { closed } = receive(near)
  far.write(clientHandshake())
  const encoder = new TestEncoder(far)
  far.pause()
  const pings = Buffer.concat(
    Array.from({ length: 1_000 }, () => encoder.writer.write(userControlMessage(UserControl.PING_REQUEST, 1), 2)).flat(),
  )
  const flood = setInterval(() => far.destroyed || far.write(pings), 0)
  const { reason } = await closed
  clearInterval(flood)
  assert.equal(reason, 'PROTOCOL_ERROR')
})

test('commands before connect, endless commands and deep nesting are protocol errors', async () => {
  await using server = await startServer()
  const nested = Buffer.concat([commandMessage(0, 'connect', 1).payload, Buffer.alloc(60_000, Buffer.from('0a00000001', 'hex'))])
  const attacks = [
    commandMessage(0, 'publish', 1, null, 'key'),
    { ...commandMessage(0, 'connect', 1), payload: nested },
    { ...commandMessage(0, 'connect', 1), payload: Buffer.alloc(1_000_000, 5) },
  ]
  for (const attack of attacks) {
    using encoder = await TestEncoder.connect(server.port)
    encoder.socket.write(clientHandshake())
    encoder.send(attack)
    assert.equal((await (await server.next()).closed).reason, 'PROTOCOL_ERROR')
    await Promise.race([encoder.ended, elapsed(2_000, undefined, { ref: false }).then(() => assert.fail('still open'))])
  }
})
