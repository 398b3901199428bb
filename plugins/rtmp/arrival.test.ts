import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM } from '../../core/access/caller.ts'
import { arrivalOf, tokenOf } from './arrival.ts'
import { BitrateLimit } from './bitrate-limit.ts'
import { readPublishRequest } from './protocol/publish-request.ts'

function arrival(app: string, name: string) {
  const request = readPublishRequest({ app, tcUrl: '', encoder: '' }, name, 'live', '127.0.0.1')
  assert.ok(request)
  const { caller: _, protocol: __, ...rest } = arrivalOf(request, SYSTEM)
  return { ...rest, token: tokenOf(request) }
}

test('the path of a URL leads to app, room and identity, wherever an encoder splits it', () => {
  const token = undefined
  assert.deepEqual(arrival('live', 'yard'), { app: 'live', key: 'yard', token })
  assert.deepEqual(arrival('live/', '/yard'), { app: 'live', key: 'yard', token })
  for (const [app, name] of [
    ['live/yard', 'side'],
    ['live', 'yard/side'],
    ['live', 'yard?identity=side'],
    ['live', 'yard/s%69de'],
  ] as const) {
    assert.deepEqual(arrival(app, name), { app: 'live', key: 'yard', identity: 'side', token })
  }
  assert.deepEqual(arrival('live', 'ya%rd?token=sk_1'), { app: 'live', key: 'ya%rd', token: 'sk_1' })
  for (const name of ['password', 'stream_password', 'rtmp_password']) {
    assert.deepEqual(arrival('live', `sk-1?${name}=b%2Fc`), { app: 'live', key: 'sk-1', password: 'b/c', token })
  }
})

test('the bitrate is limited over ten seconds, not over a burst', () => {
  const limit = new BitrateLimit(8_000)
  assert.equal(limit.isExceeded(0, 0), false)
  assert.equal(limit.isExceeded(9_000, 1_000), false)
  assert.equal(limit.isExceeded(10_000, 10_000), false)
  assert.equal(limit.isExceeded(20_001, 11_000), true)
  assert.equal(limit.isExceeded(20_001, 21_000), false)
})
