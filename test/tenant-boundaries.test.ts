import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSigner } from 'fast-jwt'
import { AttemptLimit } from '../core/access/attempt-limit.ts'
import { SYSTEM } from '../core/access/caller.ts'
import { parseConfig } from '../core/app/config-yaml.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { TestRuntime } from './harness.ts'

const LIVE_KIT = { LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'a secret that is long enough for anybody' }

let server: TestRuntime
const tokens = { a: '', b: '' }

before(async () => {
  server = await TestRuntime.start({ env: { JWT_SECRET: 'the key of session tokens', ...LIVE_KIT } })
  for (const tenant of ['a', 'b'] as const) {
    const user = { email: `${tenant}@example.com`, password: 'correct horse' }
    await server.graphql(
      `mutation ($email: String!, $password: String!) {
        createTenant(name: "${tenant}", limits: { maxApps: -1 }) { name }
        createUser(email: $email, password: $password, role: OWNER, tenant: "${tenant}") { id }
      }`,
      user,
    )
    tokens[tenant] = (await server.runtime.core.logins.login(user.email, user.password)).token
  }
})
after(() => server[Symbol.asyncDispose]())

test('who makes an app with a fitting prefix does not get the rooms that are open', async () => {
  const { core } = server.runtime
  const room = await core.rooms.open('lobby-1')
  room.join({ identity: 'ada', kind: 'TEST' })
  await core.apps.create('lobby', { tenant: 'b' })

  for (const query of [
    '{ room(name: "lobby-1") { name } }',
    '{ participants(room: "lobby-1") { identity } }',
    'mutation { closeRoom(name: "lobby-1") { name } }',
    'subscription { participantEvents(room: "lobby-1") { participant { identity } } }',
    'subscription { trackEvents(room: "lobby-1") { change } }',
  ]) {
    assert.equal(await codeOf('b', query), 'FORBIDDEN', query)
  }
  assert.equal(await codeOf('b', 'subscription { roomData(app: "lobby", room: "lobby-1") { message } }'), 'ROOM_NAME_INVALID')
  assert.equal(
    await codeOf('b', 'mutation { joinRoom(app: "lobby", room: "1", identity: "eve") { participant { id } } }'),
    'ROOM_NAME_INVALID',
  )

  room.close('REQUESTED')
  assert.equal((await core.rooms.open('lobby-1')).app.name, 'lobby')
})

test('a stream key leads nowhere once its room is another app’s', async () => {
  const { apps, ingresses } = server.runtime.core
  await apps.create('squat', { tenant: 'a', config: { roomPrefix: 'wanted' } })
  const { streamKey, ingress } = await ingresses.create({ app: 'squat', protocol: 'RTMP', room: 'stage' })
  await apps.update('squat', { roomPrefix: 'squat' })
  await apps.create('wanted', { tenant: 'b' })
  const refused = (error: unknown) => error instanceof MediaError && error.code === 'ROOM_NAME_INVALID'
  await assert.rejects(ingresses.accept({ protocol: 'RTMP', app: 'squat', key: streamKey, caller: SYSTEM }), refused)
  await assert.rejects(ingresses.admit(ingress.id), refused)
})

test('what is asked for while an app goes is not there for the next app of its name', async () => {
  const { apps, ingresses } = server.runtime.core
  await apps.create('gone', { tenant: 'a', config: { features: { rtmpPassword: true } } })
  const app = apps.get('gone')
  const creating = ingresses.create({ app: 'gone', protocol: 'RTMP' })
  await Promise.all([apps.delete('gone', { recordings: false }), assert.rejects(creating, MediaError)])
  const secrets = { 'callbacks.secret': 'known to a', 's3.key': 'known to a' }
  await assert.rejects(apps.configs.change(app, { displayName: 'still mine' }, secrets), MediaError)
  const next = await apps.create('gone', { tenant: 'b' })
  assert.deepEqual(
    ingresses.list().filter(({ app: name }) => name === 'gone'),
    [],
  )
  assert.deepEqual([next.callbackSecret, next.secrets.get('s3.key'), next.config.displayName], ['', '', 'gone'])
})

test('a join token from before an app leads into no room of it', async () => {
  const { core } = server.runtime
  await core.apps.create('later', { tenant: 'b' })
  const sign = createSigner({ key: LIVE_KIT.LIVEKIT_API_SECRET, algorithm: 'HS256', noTimestamp: true })
  const now = Math.floor(Date.now() / 1_000)
  const token = (nbf: number) => sign({ iss: 'devkey', sub: 'eve', nbf, exp: now + 60, video: { roomJoin: true, room: 'later-1' } })
  assert.equal(core.access.verify(token(now - 60)), undefined)
  assert.equal(core.access.verify(token(now))?.app, 'later')
  assert.equal(core.access.verify(core.joinTokens.create({ app: 'later' }, SYSTEM).token)?.app, 'later')
})

test('a token that was lent for an app ends with it', async () => {
  const { apps, tokens: kept, access } = server.runtime.core
  await apps.create('brief', { tenant: 'a' })
  const { secret } = kept.lend({ name: 'meeting', grants: ['PLAY'], app: 'brief', room: 'brief-1' })
  assert.equal(access.verify(secret)?.app, 'brief')
  await apps.delete('brief', { recordings: true })
  assert.equal(access.verify(secret), undefined)
})

test('who follows an app hears nothing of the next one of its name', async () => {
  const { core } = server.runtime
  const before = await core.apps.create('handed', { tenant: 'a' })
  const streams = await Promise.all([
    follow('a', 'subscription { roomEvents(app: "handed") { change room { name } } }'),
    follow('a', 'subscription { participantEvents(room: "handed-1") { participant { identity } } }'),
    follow('a', 'subscription { player(app: "handed", room: "1") { live } }'),
    follow('a', 'subscription { playerOverlays(app: "handed", room: "1") { text } }'),
    follow('a', 'subscription { logTail(filter: { app: "handed" }) { message } }'),
  ])
  await core.apps.delete('handed', { recordings: true })
  await core.apps.create('handed', { tenant: 'b' })
  const room = await core.rooms.open('handed-1')
  room.join({ identity: 'private', kind: 'TEST', publishing: true })
  core.overlays.show('test', before, [{ text: 'private', position: 'TOP', opacity: 1 }])
  await core.apps.update('handed', { displayName: 'private' })

  for (const stream of streams.slice(0, 4)) assert.match(await stream.until('"errors"'), /FORBIDDEN/)
  for (const stream of streams) assert.doesNotMatch(stream.text, /private|"name":"handed-1"|"live":true/)
  for (const stream of streams) stream.close()
})

test('the log of an app begins with it', async () => {
  const { core } = server.runtime
  await core.apps.create('logged', { tenant: 'a' })
  await core.apps.delete('logged', { recordings: true })
  await core.apps.create('logged', { tenant: 'b' })
  assert.ok(server.log.filter((line) => line.includes('"app":"logged"')).length >= 3, 'both are in the log')
  const stream = await follow('b', 'subscription { logTail(filter: { app: "logged" }) { message at } }')
  await core.apps.update('logged', { displayName: 'new' })
  await stream.until('CHANGED|changed')
  const { createdAt } = core.apps.get('logged')
  for (const [, at = ''] of stream.text.matchAll(/"at":"([^"]+)"/g)) assert.ok(new Date(at) >= createdAt, at)
  stream.close()
})

test('addresses of one IPv6 network share their tries', () => {
  const tries = new AttemptLimit({ limit: 2, windowMs: 60_000 })
  tries.take('2001:db8:1:2::1')
  tries.take('2001:db8:1:2:ffff::2')
  assert.throws(() => tries.take('2001:db8:1:2:1:2:3:4'), MediaError)
  tries.take('2001:db8:1:3::1')
  tries.take('192.0.2.1')
  tries.take('::ffff:192.0.2.1')
  assert.throws(() => tries.take('192.0.2.1'), MediaError)
})

test('a configuration of thousands of keys is read in a moment, and one of millions not at all', () => {
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n')
  const before = process.cpuUsage().user
  parseConfig('b', keys(13_000))
  assert.ok(process.cpuUsage().user - before < 3_000_000, 'microseconds of CPU')
  for (const text of [keys(100_000), 'chat: 1\nchat: 2', 'features: {chat: true, "chat": false}']) {
    assert.throws(() => parseConfig('b', text), MediaError)
  }
})

/** The code of the first error that somebody of a tenant gets. */
async function codeOf(tenant: 'a' | 'b', query: string): Promise<unknown> {
  const { errors } = await server.graphqlRaw(query, {}, tokens[tenant])
  return errors?.[0]?.extensions?.code
}

/** What somebody of a tenant is told by server-sent events. */
async function follow(tenant: 'a' | 'b', query: string) {
  const ending = new AbortController()
  const { body } = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${tokens[tenant]}` },
    body: JSON.stringify({ query }),
    signal: ending.signal,
  })
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  const stream = {
    text: '',
    close: () => ending.abort(),
    async until(pattern: string): Promise<string> {
      while (!new RegExp(pattern).test(stream.text)) {
        const { done, value = '' } = (await reader?.read()) ?? { done: true }
        if (done) throw new Error(`it ended with ${stream.text}`)
        stream.text += value
      }
      return stream.text
    },
  }
  return stream
}
