import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSigner } from 'fast-jwt'
import { WebSocket } from 'ws'
import { hashPassword, verifyPassword } from '../core/access/passwords.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { readEnv } from '../runtime/config/env.ts'
import { Credentials } from '../runtime/rest/golive/credentials.ts'
import { TestRuntime } from './harness.ts'

const JWT_SECRET = 'the key of session tokens'
const ENV = { JWT_SECRET, ADMIN_PASS: 'correct horse', TRUSTED_PROXIES: '127.0.0.1' }
const LOGIN = 'mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { token session { id endsAt } } }'

type Login = { token: string; session: { id: string; endsAt: string } }

test('a password is kept as what nobody can read, and is known again', async () => {
  const kept = await hashPassword('Stra\u00dfe caf\u00e9')
  assert.notEqual(kept, await hashPassword('Stra\u00dfe caf\u00e9'))
  assert.match(kept, /^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  assert.equal(await verifyPassword('Stra\u00dfe cafe\u0301', kept), true)
  assert.equal(await verifyPassword('Strasse', kept), false)
  assert.equal(await verifyPassword('', undefined), false)
})

test('the administrator of the environment logs in, may do everything, and logs out', async () => {
  await using server = await TestRuntime.start({ env: ENV })
  const { token } = await login(server, 'admin', 'correct horse')
  const ask = (query: string) => server.graphqlRaw(query, {}, token)
  const { data } = await ask('{ me { id kind user { id } grants tenant } apps { name } tokens { name } }')
  assert.deepEqual((data as { me: unknown }).me, { id: 'admin', kind: 'USER', user: null, grants: ['MANAGE'], tenant: null })
  assert.deepEqual((await ask('mutation { logout }')).data, { logout: true })
  assert.equal(codeOf(await ask('{ apps { name } }')), 'UNAUTHENTICATED')

  const tried = [
    ['admin', 'wrong'],
    ['root', 'correct horse'],
    ['', ''],
  ]
  for (const [user, password] of tried) assert.equal(codeOf(await server.graphqlRaw(LOGIN, { user, password })), 'UNAUTHENTICATED')
})

test('nobody logs in where no key or no password is configured', async () => {
  for (const env of [{}, { JWT_SECRET }, { ADMIN_PASS: '' }, { ADMIN_PASS: 'secret' }]) {
    await using server = await TestRuntime.start({ env })
    for (const password of ['', 'secret']) {
      assert.equal(codeOf(await server.graphqlRaw(LOGIN, { user: 'admin', password })), 'UNAUTHENTICATED', JSON.stringify(env))
    }
  }
})

test('a session token counts as long as its session, beyond a restart, and no other token counts', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-accounts-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const env = { ...ENV, DATA_DIR: dataDir }
  let first: Login
  {
    await using server = await TestRuntime.start({ env })
    first = await login(server, 'admin', 'correct horse')
  }
  await using server = await TestRuntime.start({ env })
  const { core } = server.runtime
  assert.equal(core.access.verify(first.token)?.id, first.session.id)
  const now = Math.floor(Date.now() / 1_000)
  const claims = { sub: 'admin', sid: first.session.id, iat: now, exp: now + 60 }
  assert.ok(core.access.verify(createSigner({ key: JWT_SECRET })(claims)))
  for (const forged of [
    createSigner({ key: 'another key' })(claims),
    createSigner({ key: JWT_SECRET, algorithm: 'HS512' })(claims),
    createSigner({ algorithm: 'none' })(claims),
    createSigner({ key: JWT_SECRET })({ ...claims, exp: now - 1 }),
    createSigner({ key: JWT_SECRET })({ ...claims, sid: 'LS_unknown' }),
    createSigner({ key: JWT_SECRET })({ sub: 'admin', iat: now, exp: now + 60 }),
  ]) {
    assert.equal(core.access.verify(forged), undefined)
  }
  const { goLive } = readEnv({ JWT_SECRET })
  const request = { headers: { authorization: `Bearer ${first.token}` } } as IncomingMessage
  assert.equal(await new Credentials(goLive).admitsEverywhere(request), false, 'what opens dashboards opens no rooms of go-live')
  await core.logins.sessions.end(first.session.id)
  assert.equal(core.access.verify(first.token), undefined)
})

test('users do in their tenant what their role allows, and nothing elsewhere', async () => {
  await using server = await TestRuntime.start({ env: ENV })
  await server.graphql('mutation { createTenant(name: "acme") { limits { maxApps } } }')
  await server.graphql('mutation { createApp(name: "other") { name } }')
  const [owner, editor, viewer] = await Promise.all(['OWNER', 'EDITOR', 'VIEWER'].map((role) => userOf(server, role)))
  const as = async ({ token }: { token: string }, query: string) => codeOf(await server.graphqlRaw(query, {}, token)) ?? 'OK'

  assert.equal(await as(viewer!, 'mutation { createApp(name: "first") { name } }'), 'FORBIDDEN')
  assert.equal(await as(editor!, 'mutation { createApp(name: "first") { name } }'), 'OK')
  assert.equal(server.runtime.core.apps.get('first').tenant, 'acme')
  assert.equal(await as(viewer!, '{ app(name: "first") { name } }'), 'OK')
  assert.equal(await as(owner!, '{ app(name: "other") { name } }'), 'FORBIDDEN')
  for (const query of ['{ tokens { id } }', 'mutation { createTenant(name: "x") { name } }', '{ users(tenant: "platform") { id } }']) {
    assert.equal(await as(owner!, query), 'FORBIDDEN', query)
  }
  const create = (tenant: string) =>
    `mutation { createUser(email: "new@${tenant}.example", password: "12345678", role: OWNER, tenant: "${tenant}") { id } }`
  assert.equal(await as(editor!, create('acme')), 'FORBIDDEN')
  assert.equal(await as(owner!, create('platform')), 'FORBIDDEN')
  assert.equal(await as(owner!, create('acme')), 'OK')
  const { data } = await server.graphqlRaw<{ users: { email: string }[]; tenants: { name: string }[] }>(
    '{ users { email } tenants { name } }',
    {},
    viewer!.token,
  )
  assert.deepEqual([data?.users.length, data?.tenants], [4, [{ name: 'acme' }]])

  const demote = `mutation { updateUser(id: "${owner!.id}", role: VIEWER) { role } }`
  assert.equal(await as(editor!, demote), 'FORBIDDEN')
  await server.graphql(demote)
  assert.equal(await as(owner!, 'mutation { createApp(name: "second") { name } }'), 'FORBIDDEN')
  await server.graphql(
    `mutation { updateUser(id: "${editor!.id}", password: "another one") { id } deleteUser(id: "${viewer!.id}") { id } }`,
  )
  for (const gone of [editor!, viewer!]) assert.equal(await as(gone, '{ me { id } }'), 'UNAUTHENTICATED')

  for (const [field, args] of [
    ['email', 'email: "nobody", password: "12345678"'],
    ['password', 'email: "a@b.example", password: "1234567"'],
  ]) {
    const { errors } = await server.graphqlRaw(`mutation { createUser(${args}, role: VIEWER) { id } }`)
    assert.deepEqual((errors?.[0]?.extensions?.details as { field?: string } | undefined)?.field, field)
  }
  const taken = 'mutation { createUser(email: "OWNER@acme.example", password: "12345678", role: VIEWER) { id } }'
  assert.equal(codeOf(await server.graphqlRaw(taken)), 'CONFLICT')
  assert.equal(codeOf(await server.graphqlRaw('mutation { deleteTenant(name: "acme") { name } }')), 'CONFLICT')
  assert.equal(codeOf(await server.graphqlRaw('mutation { deleteTenant(name: "platform") { name } }')), 'CONFLICT')
})

test('sessions are listed and ended by their owners, and by those who manage the server', async () => {
  await using server = await TestRuntime.start({ env: ENV })
  await server.graphql('mutation { createTenant(name: "acme") { name } }')
  const user = await userOf(server, 'VIEWER')
  const second = await login(server, 'viewer@acme.example', 'password of VIEWER')
  const admin = await login(server, 'admin', 'correct horse')
  const list = async (token: string) =>
    (
      await server.graphqlRaw<{ loginSessions: { id: string; current: boolean; user: { email: string } | null }[] }>(
        '{ loginSessions { id current user { email } } }',
        {},
        token,
      )
    ).data?.loginSessions
  assert.deepEqual(
    (await list(user.token))?.map(({ id, current }) => [id === second.session.id, current]),
    [
      [false, true],
      [true, false],
    ],
  )
  assert.equal((await list(admin.token))?.length, 3)
  const end = (id: string, token: string) => server.graphqlRaw(`mutation { endLoginSession(id: "${id}") { id } }`, {}, token)
  assert.equal(codeOf(await end(admin.session.id, user.token)), 'NOT_FOUND')
  assert.equal(codeOf(await end(second.session.id, user.token)), undefined)
  assert.equal(server.runtime.core.access.verify(second.token), undefined)
  assert.equal(codeOf(await end('LS_unknown', admin.token)), 'NOT_FOUND')
})

test('logging out closes what the session has opened', async () => {
  await using server = await TestRuntime.start({ env: ENV })
  const { token } = await login(server, 'admin', 'correct horse')
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const closed = once(socket, 'close')
  const acknowledged = once(socket, 'message')
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })))
  await acknowledged
  await server.graphqlRaw('mutation { logout }', {}, token)
  assert.equal((await closed)[0], 4401)
})

test('an address has ten tries in a quarter of an hour', async () => {
  await using server = await TestRuntime.start({ env: ENV })
  const attempt = async (address: string, password: string) =>
    server.runtime.core.logins.login('admin', password, address).then(
      () => 'OK',
      (error: MediaError) => error.code,
    )
  for (let tries = 0; tries < 10; tries++) assert.equal(await attempt('192.0.2.1', 'wrong'), 'UNAUTHENTICATED')
  assert.equal(await attempt('192.0.2.1', 'correct horse'), 'RATE_LIMITED')
  assert.equal(await attempt('192.0.2.2', 'correct horse'), 'OK')
  assert.equal(server.runtime.core.logins.attempts.of('192.0.2.2').remaining, 9)
})

test('who signs up owns a tenant of its own, where that is allowed', async () => {
  const signUp = 'mutation ($password: String!) { signUp(email: "Ana@Example.org", password: $password) { token } }'
  {
    await using server = await TestRuntime.start({ env: ENV })
    assert.equal(codeOf(await server.graphqlRaw(signUp, { password: 'long enough' })), 'SIGN_UP_DISABLED')
  }
  await using server = await TestRuntime.start({ env: { ...ENV, ALLOW_SIGNUP: 'true' } })
  const { core } = server.runtime
  assert.equal(codeOf(await server.graphqlRaw(signUp, { password: 'short' })), 'INPUT_INVALID')
  assert.deepEqual(
    core.tenants.list().map(({ name }) => name),
    ['platform'],
  )
  const { token } = (await server.graphql<{ signUp: { token: string } }>(signUp, { password: 'long enough' })).signUp
  assert.equal(codeOf(await server.graphqlRaw(signUp, { password: 'long enough' })), 'CONFLICT')
  const { data } = await server.graphqlRaw<{ me: { user: { email: string; role: string; tenant: string } } }>(
    '{ me { user { email role tenant } } }',
    {},
    token,
  )
  const { tenant, ...user } = data!.me.user
  assert.deepEqual(user, { email: 'ana@example.org', role: 'OWNER' })
  assert.match(tenant, /^ana-[0-9a-f]{10}$/)
  assert.equal(core.tenants.list().length, 2)

  const create = (name: string) => server.graphqlRaw(`mutation { createApp(name: "${name}") { name } }`, {}, token)
  const answers = await Promise.all(['one-app', 'two-app', 'third-app'].map(create))
  assert.deepEqual(answers.map((answer) => codeOf(answer) ?? 'OK').sort(), ['OK', 'OK', 'QUOTA_EXCEEDED'])
  const refused = answers.find((answer) => answer.errors)?.errors?.[0]?.extensions?.details
  assert.deepEqual(refused, { metric: 'maxApps', limit: 2, used: 2 })
})

test('quotas count what is live and what a month used, and only for those who have them', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-accounts-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const env = { ...ENV, DATA_DIR: dataDir }
  {
    await using server = await TestRuntime.start({ env })
    const { core } = server.runtime
    await server.graphql('mutation { createTenant(name: "acme", limits: { maxConcurrentStreams: 1, maxEgressGbMonth: -1 }) { name } }')
    await core.apps.create('yards', { tenant: 'acme' })
    const user = core.access.verify((await userOf(server, 'EDITOR')).token)!
    const acme = { tenant: 'acme', caller: user }
    core.quotas.require('maxConcurrentStreams', acme)
    const room = await core.rooms.open('yards-one')
    await room.join({ identity: 'camera', kind: 'WS_MJPEG', publishing: true })
    await room.join({ identity: 'watcher', kind: 'WEBRTC' })
    const exceeded = { code: 'QUOTA_EXCEEDED', details: { metric: 'maxConcurrentStreams', limit: 1, used: 1 } }
    assert.throws(() => core.quotas.require('maxConcurrentStreams', acme), exceeded)
    assert.throws(() => core.quotas.require('maxConcurrentStreams', { tenant: 'acme' }), exceeded)
    core.quotas.require('maxConcurrentStreams', { tenant: 'platform' })
    const { metered: _metered, ...exempt } = user
    core.quotas.require('maxConcurrentStreams', { tenant: 'acme', caller: exempt })

    core.quotas.use('acme', 'maxRecordingMinutesMonth', 299.5)
    core.quotas.use('acme', 'maxEgressGbMonth', 1_000)
    core.quotas.require('maxRecordingMinutesMonth', acme)
    core.quotas.require('maxEgressGbMonth', acme)
    core.quotas.use('acme', 'maxRecordingMinutesMonth', 0.5)
  }
  await using server = await TestRuntime.start({ env })
  const quota = '{ quotas(tenant: "acme") { metric limit used } }'
  const { quotas } = await server.graphql<{ quotas: unknown[] }>(quota)
  assert.deepEqual(quotas, [
    { metric: 'APPS', limit: 2, used: 1 },
    { metric: 'CONCURRENT_STREAMS', limit: 1, used: 0 },
    { metric: 'RECORDING_MINUTES', limit: 300, used: 300 },
    { metric: 'EGRESS_GB', limit: -1, used: 1_000 },
  ])
  assert.throws(() => server.runtime.core.quotas.require('maxRecordingMinutesMonth', { tenant: 'acme' }), MediaError)
  const { token } = await login(server, 'editor@acme.example', 'password of EDITOR')
  const raise =
    'mutation { updateTenant(name: "acme", limits: { maxRecordingMinutesMonth: 301 }) { limits { maxRecordingMinutesMonth maxApps } } }'
  assert.equal(codeOf(await server.graphqlRaw(raise, {}, token)), 'FORBIDDEN')
  assert.deepEqual(await server.graphql(raise), { updateTenant: { limits: { maxRecordingMinutesMonth: 301, maxApps: 2 } } })
  server.runtime.core.quotas.require('maxRecordingMinutesMonth', { tenant: 'acme' })
})

async function login(server: TestRuntime, user: string, password: string): Promise<Login> {
  return (await server.graphql<{ login: Login }>(LOGIN, { user, password })).login
}

/** A new user of the tenant `acme`, logged in. */
async function userOf(server: TestRuntime, role: string): Promise<{ id: string; token: string }> {
  const email = `${role.toLowerCase()}@acme.example`
  const password = `password of ${role}`
  const create = `mutation ($email: String!, $password: String!) { createUser(email: $email, password: $password, role: ${role}, tenant: "acme") { id } }`
  const { createUser } = await server.graphql<{ createUser: { id: string } }>(create, { email, password })
  return { id: createUser.id, token: (await login(server, email, password)).token }
}

function codeOf({ errors }: { errors?: { extensions?: Record<string, unknown> }[] }): unknown {
  return errors?.[0]?.extensions?.code
}
