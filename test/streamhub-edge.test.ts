import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { TEST_TOKEN } from './harness.ts'
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

test('an address whose percent-encoding can not be read is refused in the words of this API', async () => {
  const { status, body, headers } = await hub.call('GET /apps/%zz')
  assert.equal(status, 400)
  assert.deepEqual(Object.keys(body), ['message', 'error', 'statusCode'])
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
})

test('what is no JSON is refused in one sentence, and fields that are wrong in one sentence each', async () => {
  assert.equal(typeof (await hub.call('POST /apps', { body: '{"name":' })).body.message, 'string')
  assert.ok(Array.isArray((await hub.call('POST /apps', { body: {} })).body.message))
})

test('who sends far too much is told so, also when they listen only afterwards', async () => {
  const body = 'y'.repeat(15_000_000)
  const socket = connect(hub.server.runtime.port, '127.0.0.1')
  socket.pause()
  const head = `POST /api/v1/apps HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${TEST_TOKEN}\r\ncontent-length: ${body.length}\r\n\r\n`
  await new Promise((resolve) => socket.write(head + body, resolve))
  const [answer] = (await once(socket.resume(), 'data')) as [Buffer]
  assert.match(String(answer), /^HTTP\/1.1 413 /)
  socket.destroy()
})

test('the validator of an answer spares whoever has it', async () => {
  const { headers } = await hub.call('GET /apps')
  const etag = headers.get('etag') ?? ''
  assert.match(etag, /^W\//)
  const again = await hub.call('GET /apps', { headers: { 'if-none-match': `"other", ${etag}` } })
  assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', etag])
  assert.equal((await hub.call('GET /apps', { headers: { 'if-none-match': '"other"' } })).status, 200)
})

test('the token of an app is told what is not there, and refused what is elsewhere before anybody looks at its body', async () => {
  const token = await hub.appToken('live')
  for (const request of ['GET /apps/live/ingress/IN_unknown', 'DELETE /apps/live/ingress/IN_unknown'] as const) {
    assert.equal((await hub.call(request, { token })).status, 404)
  }
  assert.equal((await hub.call('POST /apps/live/ingress/IN_unknown/validate', { token, body: { password: 'x' } })).status, 404)
  assert.equal((await hub.call('POST /apps', { token, body: {} })).status, 403)
})

test('a room that is left empty is that of the app', async () => {
  assert.equal((await hub.call('POST /apps/live/tokens', { body: { room: '' } })).body.data.room, 'live')
  assert.equal((await hub.call('POST /apps/live/ingress', { body: { inputType: 'whip', room: '' } })).body.data.roomName, 'live')
})

test('who makes tokens and ingresses may call people as they are called, on one line', async () => {
  const body = { inputType: 'whip', room: 'door', participantIdentity: 'Zoë at the front door' }
  const { data } = (await hub.call('POST /apps/live/ingress', { body })).body
  const { ingress } = await hub.server.graphql<{ ingress: { identity: string } }>('query ($id: ID!) { ingress(id: $id) { identity } }', {
    id: data.ingressId,
  })
  assert.equal(ingress.identity, 'Zoë at the front door')
  for (const identity of ['two\nlines', '\ud800']) {
    assert.equal((await hub.call('POST /apps/live/tokens', { body: { identity } })).status, 400)
    assert.equal((await hub.call('POST /apps/live/ingress', { body: { ...body, participantIdentity: identity } })).status, 400)
  }
})
