import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TEST_TOKEN } from './harness.ts'
import { Hub } from './streamhub-support.ts'

let hub: Hub
before(async () => {
  hub = await Hub.start()
})
after(() => hub[Symbol.asyncDispose]())

test('tokens are created, listed newest first without their secrets, and revoked', async () => {
  const appId = hub.server.runtime.core.apps.get('live').number
  const global = await hub.call('POST /tokens', { body: { name: 'ops', scope: 'global', ignored: 1 } })
  assert.equal(global.status, 201)
  assert.deepEqual(Object.keys(global.body), ['id', 'token'])
  assert.match(global.body.token, /^sk_[\w-]{43}$/)
  const camera = await hub.call('POST /tokens', { body: { name: 'yard', scope: 'app', appId, allowedIps: ['127.0.0.1'] } })
  assert.equal(camera.status, 201)
  assert.equal((await hub.call('GET /auth/me', { token: camera.body.token })).status, 200)

  const { status, body, text } = await hub.call('GET /tokens')
  assert.equal(status, 200)
  const [newest, older, first] = body
  assert.deepEqual(Object.keys(newest), ['id', 'name', 'scope', 'appId', 'lastUsedAt', 'createdAt', 'revoked'])
  assert.deepEqual([newest.id, newest.scope, newest.appId, newest.revoked], [camera.body.id, 'app', appId, false])
  assert.match(newest.lastUsedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual([older.id, older.scope, older.appId, older.lastUsedAt], [global.body.id, 'global', null, null])
  assert.equal(first.name, 'PATCHBAY_API_TOKEN')
  for (const secret of [global.body.token, camera.body.token, TEST_TOKEN]) assert.ok(!text.includes(secret))

  const revoked = await hub.call(`DELETE /tokens/${camera.body.id}`)
  assert.deepEqual([revoked.status, revoked.text], [204, ''])
  assert.equal((await hub.call('GET /auth/me', { token: camera.body.token })).status, 401)
  assert.equal((await hub.call('GET /tokens')).body[0].revoked, true)
  assert.equal((await hub.call(`DELETE /tokens/${camera.body.id}`)).status, 204)
})

test('what a token needs is asked for by the name of its field', async () => {
  const bad: [field: string, body: unknown][] = [
    ['name', { scope: 'global' }],
    ['name', { name: '', scope: 'global' }],
    ['name', { name: 'x'.repeat(101), scope: 'global' }],
    ['name', { name: 7, scope: 'global' }],
    ['scope', { name: 't' }],
    ['scope', { name: 't', scope: 'tenant' }],
    ['appId', { name: 't', scope: 'app' }],
    ['appId', { name: 't', scope: 'app', appId: '1' }],
    ['appId', { name: 't', scope: 'app', appId: 1.5 }],
    ['appId', { name: 't', scope: 'app', appId: 3_000_000_000 }],
    ['appId', { name: 't', scope: 'global', appId: 1 }],
    ['app', { name: 't', scope: 'app', appId: 999_999 }],
    ['allowedIps', { name: 't', scope: 'global', allowedIps: ['10.0.0.300'] }],
    ['allowedIps', { name: 't', scope: 'global', allowedIps: '10.0.0.1' }],
    ['allowedIps.0', { name: 't', scope: 'global', allowedIps: [7] }],
  ]
  for (const [field, body] of bad) {
    const answer = await hub.call('POST /tokens', { body })
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.equal(answer.body.error, 'Bad Request')
    assert.ok(answer.body.message[0].startsWith(`${field} `), `${field}: ${answer.text}`)
  }
  assert.equal((await hub.call('DELETE /tokens/abc')).status, 400)
  assert.equal((await hub.call('DELETE /tokens/1.5')).status, 400)
  assert.equal((await hub.call('DELETE /tokens/999999')).status, 404)
  assert.equal((await hub.call('DELETE /tokens/-1')).status, 404)
})

test('nobody but those who manage the server sees tokens, and they are asked who they are first', async () => {
  const app = await hub.appToken('live')
  for (const request of ['GET /tokens', 'POST /tokens', 'DELETE /tokens/abc'] as const) {
    assert.equal((await hub.call(request, { token: null })).status, 401, request)
    assert.equal((await hub.call(request, { token: 'sk_unknown' })).status, 401, request)
    assert.equal((await hub.call(request, { token: app })).status, 403, request)
  }
})
