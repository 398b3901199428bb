import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import { ObuType, obuType, readObus } from '../protocol/obu.ts'
import { Av1Packer, packTemporalUnit } from './av1-payload.ts'
import { Vp9Packer } from './vp9-payload.ts'

type Packed = { payload: Buffer; last: boolean }

const obu = (type: number, bytes: number, fill = type) => Buffer.concat([Buffer.of(type << 3), Buffer.alloc(bytes, fill)])
const FRAME = 6
const HEADER = obu(ObuType.SEQUENCE_HEADER, 11)

/** As FLV stores them: each with its size, which here is below 16384. */
const stored = (...obus: Buffer[]) =>
  Buffer.concat(
    obus.flatMap((one) => {
      const size = one.length - 1
      return [Buffer.of(one[0]! | 2, (size & 0x7f) | 0x80, size >> 7), one.subarray(1)]
    }),
  )

function collect(pack: (emit: (payload: Buffer[], last: boolean) => void) => void): Packed[] {
  const packed: Packed[] = []
  pack((payload, last) => packed.push({ payload: Buffer.concat(payload), last }))
  return packed
}

/** What a receiver makes of it. @see RTP Payload Format For AV1, section 4 */
function unpack(packed: Packed[]): Buffer[] {
  const obus: Buffer[] = []
  let goesOn = false
  for (const { payload } of packed) {
    const head = payload[0]!
    const count = (head >> 4) & 3
    assert.equal((head & 0x80) !== 0, goesOn, 'Z says what Y of the packet before does')
    for (let at = 1, index = 0; at < payload.length; index++) {
      let length = payload.length - at
      if (index !== count - 1) {
        length = payload[at]! & 0x7f
        if (payload[at++]! & 0x80) length |= payload[at++]! << 7
      }
      const element = payload.subarray(at, at + length)
      if (index === 0 && goesOn) obus.push(Buffer.concat([obus.pop()!, element]))
      else obus.push(element)
      at += length
    }
    goesOn = (head & 0x40) !== 0
  }
  assert.equal(goesOn, false)
  return obus
}

test('a temporal unit of any size comes out whole, and only its last packet ends with an OBU', () => {
  for (let bytes = 1; bytes < 700; bytes++) {
    const obus = [HEADER, obu(FRAME, bytes), obu(5, 2), obu(FRAME, 3), obu(FRAME, bytes * 2, 0x77)]
    const packed = collect((emit) => packTemporalUnit(obus, true, 200, emit))
    assert.deepEqual(unpack(packed), obus)
    packed.forEach(({ payload, last }, index) => {
      assert.ok(payload.length <= 200)
      assert.equal(last, index === packed.length - 1)
      assert.equal((payload[0]! & 0x40) === 0, last, `${bytes} bytes, packet ${index}`)
      assert.equal((payload[0]! & 0x08) !== 0, index === 0)
    })
  }
})

test('a keyframe without a sequence header gets the one that was sent ahead', () => {
  const packer = new Av1Packer()
  packer.configure(Buffer.concat([Buffer.of(0x81, 0, 0x0c, 0), stored(HEADER)]))
  const frame = obu(FRAME, 3_000)
  const pack = (data: Buffer, isKeyframe: boolean) => collect((emit) => packer.pack(data, isKeyframe, emit))
  const packed = pack(stored(obu(ObuType.TEMPORAL_DELIMITER, 0), frame, obu(ObuType.PADDING, 9)), true)
  assert.deepEqual(unpack(packed), [HEADER, frame])
  assert.ok(packed.every(({ payload }) => payload.length <= MAX_PAYLOAD_BYTES))

  const own = obu(ObuType.SEQUENCE_HEADER, 12)
  assert.deepEqual(unpack(pack(stored(own, frame), true)), [own, frame])
  const between = pack(stored(frame), false)
  assert.deepEqual(unpack(between), [frame])
  assert.equal(between[0]!.payload[0]! & 0x08, 0)
})

test('every cut of a temporal unit is read as far as it goes', () => {
  const data = stored(HEADER, obu(FRAME, 300), Buffer.concat([Buffer.of((FRAME << 3) | 4, 0x20), Buffer.alloc(20)]))
  for (let length = 0; length < data.length; length++) for (const one of readObus(data.subarray(0, length))) assert.ok(obuType(one) > 0)
  new Av1Packer().pack(Buffer.alloc(100, 0xff), true, () => {})
  new Av1Packer().configure(Buffer.alloc(2))
})

test('VP9 says where its frames begin and end, and which are keyframes', () => {
  const packer = new Vp9Packer()
  const frame = Buffer.alloc(3_000, 0x82)
  const key = collect((emit) => packer.pack(frame, true, emit))
  const next = collect((emit) => packer.pack(frame.subarray(0, 10), false, emit))
  assert.deepEqual(Buffer.concat(key.map(({ payload }) => payload.subarray(3))), frame)
  assert.deepEqual(
    key.map(({ payload, last }) => [payload[0], last]),
    [
      [0x88, false],
      [0x80, false],
      [0x84, true],
    ],
  )
  assert.deepEqual([next[0]!.payload[0], next[0]!.last], [0xcc, true])
  const id = ({ payload }: Packed) => payload.readUInt16BE(1) & 0x7fff
  assert.equal(id(next[0]!), (id(key[0]!) + 1) & 0x7fff)
})
