import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AmfValue, decodeAmf0, encodeAmf0 } from './amf0.ts'
import { ProtocolError } from './protocol-error.ts'

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('what is encoded is decoded again', () => {
  const values: AmfValue[] = [
    1.5,
    true,
    'text',
    null,
    undefined,
    [1, 'a', [null]],
    new Date(1e12),
    'x'.repeat(70_000),
    { a: { b: [1], c: 'ü' } },
  ]
  assert.deepEqual(plain(decodeAmf0(encodeAmf0(...values))), plain(values))
})

test('an ECMA array is an object, also without its end marker', () => {
  const array = Buffer.from('0800000001000577696474680040840000000000000000' + '09', 'hex')
  assert.deepEqual(plain(decodeAmf0(array)), [{ width: 640 }])
  assert.deepEqual(plain(decodeAmf0(array.subarray(0, -3))), [{ width: 640 }])
})

test('no property reaches a prototype', () => {
  const bytes = encodeAmf0(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'))
  const [object] = decodeAmf0(bytes)
  assert.deepEqual(Object.keys(object as object), ['constructor'])
  assert.equal(Object.getPrototypeOf(object), null)
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('nesting, counts, references and short values are refused', () => {
  const nested = Buffer.concat(Array.from({ length: 50_000 }, () => Buffer.from('0a00000001', 'hex')))
  const many = Buffer.alloc(100_000, 5)
  const promised = Buffer.from('0affffffff05', 'hex')
  for (const bytes of [nested, many, promised, Buffer.from('070001', 'hex'), Buffer.from('0200ff41', 'hex'), Buffer.from('11', 'hex')])
    assert.throws(() => decodeAmf0(bytes), ProtocolError)
})
