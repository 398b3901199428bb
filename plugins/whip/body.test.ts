import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBody, SDP } from './body.ts'

const request = (body: BodyInit | AsyncIterable<Uint8Array>, type = SDP) =>
  new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': type },
    body: body as BodyInit,
    duplex: 'half',
  } as RequestInit)

test('a body is read to its limit and no further', async () => {
  assert.equal(await readBody(request('v=0'), SDP, 3), 'v=0')
  await assert.rejects(readBody(request('v=0\n'), SDP, 3), { status: 413 })
})

test('a body without end is not read for ever', async () => {
  let sent = 0
  async function* endless() {
    for (;;) yield Buffer.alloc(++sent && 1_000)
  }
  await assert.rejects(readBody(request(endless()), SDP, 10_000), { status: 413 })
  assert.ok(sent < 60, `${sent} chunks`)
})

test('a body that does not come is given up', async () => {
  const never = Promise.withResolvers<void>()
  async function* stuck() {
    yield Buffer.from('v=0\r\n')
    await never.promise
  }
  await assert.rejects(readBody(request(stuck()), SDP, 10_000, 20), { status: 408 })
  never.resolve()
})

test('a body that breaks off is its sender’s fault', async () => {
  async function* broken() {
    yield Buffer.from('v=0\r\n')
    throw new Error('aborted')
  }
  await assert.rejects(readBody(request(broken()), SDP, 10_000), { status: 400 })
})

test('what is no UTF-8 is no text', async () => {
  await assert.rejects(readBody(request(Buffer.from([0xff, 0xfe])), SDP, 10), { status: 400 })
})
