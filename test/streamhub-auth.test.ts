import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TEST_TOKEN } from './harness.ts'
import { Hub } from './streamhub-support.ts'

const ENV = { JWT_SECRET: 'key of sessions', ADMIN_USER: 'root', ADMIN_PASS: 'correct horse', TRUSTED_PROXIES: '127.0.0.1' }
const admin = { user: 'root', password: 'correct horse' }

let hub: Hub
before(async () => {
  hub = await Hub.start({ env: ENV })
})
after(() => hub[Symbol.asyncDispose]())

/** Each test comes from an address of its own, so that none uses up another's tries. */
const from = (address: string) => ({ 'x-forwarded-for': address })

test('the administrator logs in, is told who it is, and logs out', async () => {
  const headers = from('192.0.2.1')
  const answer = await hub.call('POST /auth/login', { token: null, headers, body: { ...admin, code: null } })
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.body), ['data'])
  const { token } = answer.body.data
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
  assert.deepEqual(Object.keys(claims).sort(), ['exp', 'iat', 'sid', 'sub'])
  assert.equal(claims.exp - claims.iat, 12 * 3_600)

  const me = await hub.call('GET /auth/me', { token, headers })
  assert.deepEqual(me.body, {
    data: { userId: 'root', tenantId: 'platform', role: 'superadmin', isSuperadmin: true, scope: 'global', via: 'admin_jwt' },
  })
  assert.equal((await hub.call('GET /tokens', { token, headers })).status, 200)
  const sessions = await hub.call('GET /auth/sessions', { token, headers })
  const [session] = sessions.body.data
  assert.deepEqual(Object.keys(session), ['id', 'email', 'ip', 'createdAt', 'expiresAt', 'current'])
  assert.deepEqual([session.id, session.ip, session.current], [claims.sid, '192.0.2.1', true])

  assert.deepEqual((await hub.call('POST /auth/logout', { token, headers })).status, 201)
  assert.equal((await hub.call('GET /auth/me', { token, headers })).status, 401)
})

test('API tokens are told who they are', async () => {
  const global = (await hub.call('GET /auth/me')).body.data
  assert.deepEqual(
    { ...global, userId: '' },
    {
      ...{ userId: '', tenantId: 'platform', role: 'superadmin', isSuperadmin: true, scope: 'global', via: 'api_token' },
    },
  )
  const app = (await hub.call('GET /auth/me', { token: await hub.appToken('live') })).body.data
  assert.deepEqual([app.tenantId, app.role, app.isSuperadmin, app.scope], ['platform', 'service', false, 'app'])
  assert.equal((await hub.call('GET /auth/me', { token: null })).status, 401)
  assert.equal((await hub.call('GET /auth/sessions', { token: await hub.appToken('live') })).status, 403)
})

test('a user is told who it is, sees its own sessions, and ends them', async () => {
  await hub.server.graphql('mutation { createTenant(name: "acme") { name } }')
  const { core } = hub.server.runtime
  const user = await core.users.create({ email: 'eve@acme.example', password: 'long enough', tenant: 'acme', role: 'EDITOR' })
  const login = async () => {
    const body = { user: 'Eve@acme.example', password: 'long enough' }
    return (await hub.call('POST /auth/login', { token: null, headers: from('192.0.2.2'), body })).body.data.token
  }
  const [first, second] = [await login(), await login()]
  assert.deepEqual((await hub.call('GET /auth/me', { token: first })).body.data, {
    ...{
      userId: user.id,
      tenantId: 'acme',
      role: 'editor',
      isSuperadmin: false,
      scope: 'user',
      via: 'user_jwt',
      email: 'eve@acme.example',
    },
  })
  assert.equal((await hub.call('GET /tokens', { token: first })).status, 403)
  const { data } = (await hub.call('GET /auth/sessions', { token: second })).body
  assert.deepEqual(
    data.map(({ current }: { current: boolean }) => current),
    [false, true],
  )
  const ended = await hub.call(`DELETE /auth/sessions/${data[0].id}`, { token: second })
  assert.deepEqual([ended.status, ended.body], [200, { data: { id: data[0].id, revoked: true } }])
  assert.equal((await hub.call('GET /auth/me', { token: first })).status, 401)
  assert.equal((await hub.call(`DELETE /auth/sessions/${data[0].id}`, { token: second })).status, 404)
  await core.users.delete(user.id)
  assert.equal((await hub.call('GET /auth/me', { token: second })).status, 401)
})

test('an address that tries too often is told to wait, and how long', async () => {
  const headers = from('192.0.2.3')
  const attempt = () => hub.call('POST /auth/login', { token: null, headers, body: { user: 'root', password: 'wrong' } })
  const first = await attempt()
  assert.deepEqual([first.status, first.body.error, first.body.statusCode], [401, 'Unauthorized', 401])
  assert.equal(first.headers.get('ratelimit-policy'), '10;w=900')
  assert.match(String(first.headers.get('ratelimit')), /^limit=10, remaining=9, reset=(900|899)$/)
  for (let tries = 1; tries < 10; tries++) assert.equal((await attempt()).status, 401)
  const refused = await attempt()
  assert.equal(refused.status, 429)
  assert.deepEqual([refused.body.data, refused.body.error.code], [null, 'rate_limited'])
  assert.equal(refused.headers.get('ratelimit-remaining'), '0')
  assert.ok(Number(refused.headers.get('retry-after')) > 800)
  assert.equal((await hub.call('GET /auth/config', { headers })).headers.get('ratelimit'), null)
  const link = await hub.call('POST /auth/magic/verify', { token: null, headers, body: { token: 'x' } })
  assert.deepEqual([link.status, link.body.error.code], [429, 'rate_limited'])
  const other = await hub.call('POST /auth/login', { token: null, headers: from('192.0.2.4'), body: admin })
  assert.equal(other.status, 200)
})

test('what is missing is asked for, what is not there is said', async () => {
  const headers = from('192.0.2.5')
  const bad = [{}, { user: 'root' }, { user: '', password: 'x' }, { user: 'root', password: 'x'.repeat(201) }, { user: 1, password: 'x' }]
  for (const body of [...bad, { ...admin, code: '12345678901' }]) {
    const answer = await hub.call('POST /auth/login', { token: null, headers, body })
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.ok(Array.isArray(answer.body.message))
  }
  const link = await hub.call('POST /auth/magic-link', { token: null, headers, body: { email: 'a@b.example' } })
  assert.deepEqual([link.status, link.body.message], [503, 'mail_not_configured'])
  assert.equal((await hub.call('POST /auth/magic/verify', { token: null, headers, body: { token: 'x' } })).status, 401)
  assert.deepEqual((await hub.call('GET /auth/config', { token: null, headers })).body, { data: { allowSignup: false } })
  for (const body of [{}, { email: 'a@b.example', password: 'long enough' }]) {
    const answer = await hub.call('POST /auth/signup', { token: null, headers, body })
    assert.deepEqual([answer.status, answer.body.message], [403, 'signup_disabled'])
  }
})

test('nobody logs in where nothing is configured', async () => {
  await using bare = await Hub.start()
  for (const body of [admin, { user: 'admin', password: TEST_TOKEN }]) {
    assert.equal((await bare.call('POST /auth/login', { token: null, body })).status, 401)
  }
})

test('who signs up is logged in, and has the quotas of the free plan', async () => {
  await using open = await Hub.start({ env: { ...ENV, ALLOW_SIGNUP: 'true' } })
  assert.deepEqual((await open.call('GET /auth/config', { token: null })).body, { data: { allowSignup: true } })
  const signUp = (body: unknown) => open.call('POST /auth/signup', { token: null, body })
  for (const body of [{}, { email: 'x', password: 'long enough' }, { email: 'a@b.example', password: 'short' }]) {
    assert.equal((await signUp(body)).status, 400, JSON.stringify(body))
  }
  const account = { email: 'a@b.example', password: 'long enough' }
  const { status, body } = await signUp(account)
  assert.equal(status, 201)
  const me = (await open.call('GET /auth/me', { token: body.data.token })).body.data
  assert.deepEqual([me.role, me.via, me.email], ['owner', 'user_jwt', 'a@b.example'])
  assert.equal((await signUp(account)).status, 409)
})
