import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start()
})
after(() => hub[Symbol.asyncDispose]())

test('an address that is none is not found, whoever asks and however', async () => {
  for (const request of ['GET /nowhere', 'POST /apps/live/nowhere', 'OPTIONS /nowhere', 'DELETE /'] as const) {
    const { status, body } = await hub.call(request, { token: null })
    assert.equal(status, 404)
    assert.deepEqual(Object.keys(body), ['message', 'error', 'statusCode'])
    assert.deepEqual([body.error, body.statusCode], ['Not Found', 404])
  }
})

test('every answer carries the security headers and no CORS', async () => {
  const { headers } = await hub.call('GET /nowhere', { headers: { origin: 'http://127.0.0.1' } })
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('x-xss-protection'), '0')
  assert.equal(headers.get('access-control-allow-origin'), null)
  assert.equal(headers.get('content-security-policy'), null)
})
