import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { ServerHandshake } from './handshake.ts'
import { ProtocolError } from './protocol-error.ts'

const BLOCK = 1536
const plainC1 = () => {
  const bytes = randomBytes(1 + BLOCK)
  bytes[0] = 3
  bytes.fill(0, 5, 9)
  return bytes
}

test('a plain client gets its own bytes back, however they are cut, and what follows C2 is handed on', () => {
  const hello = plainC1()
  const sent: Buffer[] = []
  const handshake = new ServerHandshake((bytes) => sent.push(bytes))
  for (const byte of hello) assert.equal(handshake.push(Buffer.of(byte)), undefined)
  assert.equal(sent.length, 1)
  assert.equal(sent[0]?.length, 1 + 2 * BLOCK)
  assert.deepEqual(sent[0]?.subarray(1 + BLOCK), hello.subarray(1))
  assert.deepEqual(handshake.push(Buffer.concat([Buffer.alloc(BLOCK), Buffer.from('rest')])), Buffer.from('rest'))
})

test('a signed client is answered with a signature, in both layouts', () => {
  for (const seed of [8, 772]) {
    const hello = plainC1()
    const c1 = hello.subarray(1)
    c1.writeUInt32BE(0x80000702, 4)
    const at = ((c1[seed]! + c1[seed + 1]! + c1[seed + 2]! + c1[seed + 3]!) % 728) + seed + 4
    sign(c1, at, 'Genuine Adobe Flash Player 001').copy(c1, at)

    let answer = Buffer.alloc(0) as Buffer
    new ServerHandshake((bytes) => (answer = bytes)).push(hello)
    const s1 = answer.subarray(1, 1 + BLOCK)
    const s2 = answer.subarray(1 + BLOCK)
    const s1At = ((s1[seed]! + s1[seed + 1]! + s1[seed + 2]! + s1[seed + 3]!) % 728) + seed + 4
    assert.deepEqual(s1.subarray(s1At, s1At + 32), sign(s1, s1At, 'Genuine Adobe Flash Media Server 001'))
    assert.notDeepEqual(s2, c1)
  }
})

test('other protocols end after their first byte', () => {
  for (const first of [0x16, 0x47, 6]) {
    assert.throws(() => new ServerHandshake(() => {}).push(Buffer.of(first)), ProtocolError)
  }
})

function sign(block: Buffer, at: number, key: string): Buffer {
  return createHmac('sha256', key)
    .update(Buffer.concat([block.subarray(0, at), block.subarray(at + 32)]))
    .digest()
}
