import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnv } from '../runtime/config/env.ts'
import { type GoLive, jwt, refused, startGoLive } from './golive-support.ts'
import { bearer, tokenWith } from './whip-support.ts'

const UNAUTHORIZED = [401, 'unauthorized']
const xAuth = (token: string) => ({ 'x-auth-token': token })
/** Whom a room lets in shows in what comes next: the offer is no offer. */
const PAST_THE_DOOR = [400, 'invalid SDP']

const tryPublish = ({ publish }: GoLive, room: string, headers: Record<string, string> = {}) =>
  refused(publish(room, { headers, sdp: 'rubbish' }))

test('a room token opens its room, the global token all others, and neither the other’s', async () => {
  await using api = await startGoLive({ AUTH_TOKEN: 'everywhere', ROOM_TOKENS: 'vip: a:b ; other:else;' })
  assert.deepEqual(await tryPublish(api, 'demo', bearer('everywhere')), PAST_THE_DOOR)
  assert.deepEqual(await tryPublish(api, 'demo', xAuth('everywhere')), PAST_THE_DOOR)
  assert.deepEqual(await tryPublish(api, 'vip', bearer('a:b')), PAST_THE_DOOR)
  assert.deepEqual(await tryPublish(api, 'demo', { authorization: 'bearer everywhere' }), PAST_THE_DOOR)

  const response = await api.publish('demo')
  assert.equal(response.headers.get('www-authenticate'), 'Bearer')
  assert.deepEqual(await refused(response), UNAUTHORIZED)
  assert.deepEqual(await tryPublish(api, 'vip', bearer('everywhere')), UNAUTHORIZED)
  assert.deepEqual(await tryPublish(api, 'demo', bearer('a:b')), UNAUTHORIZED)
  assert.deepEqual(await tryPublish(api, 'demo', { ...xAuth('wrong'), ...bearer('everywhere') }), UNAUTHORIZED, 'X-Auth-Token decides')
  assert.deepEqual(await refused(api.play('demo')), UNAUTHORIZED, 'before it is told whether anybody publishes')
  assert.equal(
    (await api.publish('live-vip', { headers: bearer('everywhere') })).status,
    201,
    'a room that is called so, not the other one',
  )
  assert.deepEqual(await refused(api.play('vip', { headers: bearer('a:b') })), [404, 'no active publisher in room'])
})

test('a room without an entry is open where only room tokens are set', async () => {
  await using api = await startGoLive({ ROOM_TOKENS: 'vip:secret' })
  assert.deepEqual(await tryPublish(api, 'demo'), PAST_THE_DOOR)
  assert.deepEqual(await tryPublish(api, 'demo', bearer('whatever')), PAST_THE_DOOR)
  assert.deepEqual(await tryPublish(api, 'vip'), UNAUTHORIZED)
})

test('a JWT has to be signed, in its time, for the audience and for the room', async () => {
  await using api = await startGoLive({ JWT_SECRET: 'hush', JWT_AUDIENCE: 'tv', ROOM_TOKENS: 'vip:secret' })
  const now = Math.floor(Date.now() / 1_000)
  const aud = 'tv'
  const accepted = await Promise.all([
    jwt({ aud }),
    jwt({ aud: ['radio', 'tv'], room: 'demo' }, { alg: 'HS384' }),
    jwt({ aud, room: '', role: 'viewer' }, { alg: 'HS512' }),
    jwt({ aud, iat: now + 20, nbf: now + 20 }),
    jwt({ aud }, { expiresIn: -20 }),
  ])
  for (const token of accepted) assert.deepEqual(await tryPublish(api, 'demo', bearer(token)), PAST_THE_DOOR)

  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await jwt({ aud })).split('.')[1]}.`
  const rejected = await Promise.all([
    jwt({ aud, room: 'other' }),
    jwt({ aud: 'radio' }),
    jwt({}),
    jwt({ aud }, { secret: 'guess' }),
    jwt({ aud }, { expiresIn: null }),
    jwt({ aud }, { expiresIn: -60 }),
    jwt({ aud, nbf: now + 60 }),
    jwt({ aud, iat: now + 60 }),
    unsigned,
  ])
  for (const token of rejected) assert.deepEqual(await tryPublish(api, 'demo', bearer(token)), UNAUTHORIZED, token)
  assert.deepEqual(await tryPublish(api, 'demo', xAuth(accepted[0] ?? '')), UNAUTHORIZED, 'only from Authorization')
  assert.deepEqual(await tryPublish(api, 'vip', { ...xAuth('wrong'), ...bearer(accepted[0] ?? '') }), PAST_THE_DOOR)
})

test('sessions ask for the same credential as their endpoint', async () => {
  await using api = await startGoLive({ ROOM_TOKENS: 'vip:secret;other:else' })
  const { session } = await api.publish('vip', { headers: bearer('secret') })
  for (const headers of [{}, bearer('else')]) assert.deepEqual(await refused(fetch(session, { method: 'DELETE', headers })), UNAUTHORIZED)
  assert.equal((await fetch(session, { method: 'DELETE', headers: xAuth('secret') })).status, 200)
})

test('only an administrator closes rooms; afterwards they can be published to at once', async () => {
  await using api = await startGoLive({ ADMIN_TOKEN: 'boss', JWT_SECRET: 'hush' })
  const publisher = bearer(await jwt({ role: 'publisher' }))
  const close = (room: string, headers: Record<string, string> = {}) =>
    api.get(`/api/admin/rooms/${room}/close`, { method: 'POST', headers })
  assert.equal((await api.publish('demo', { headers: publisher })).status, 201)
  assert.equal((await api.play('demo', { headers: publisher })).status, 201)

  for (const headers of [{}, bearer('guess'), publisher, bearer(await jwt({ admin: 'true' }))]) {
    assert.deepEqual(await refused(close('demo', headers)), UNAUTHORIZED)
  }
  assert.deepEqual(await tryPublish(api, 'other', bearer('boss')), UNAUTHORIZED, 'the administrator does not publish')
  assert.deepEqual(await refused(close('a.b')), [400, 'invalid room name'])
  assert.deepEqual(await refused(api.get('/api/admin/rooms/demo/open', { method: 'POST' })), [404, 'not found'])
  assert.deepEqual(await refused(api.get('/api/admin/rooms/demo/close')), [405, 'method not allowed'])
  assert.deepEqual(await refused(close('nobody', bearer('boss'))), [404, 'room not found'])

  const closed = await close('demo', bearer('boss'))
  assert.equal(closed.status, 200)
  assert.equal(await closed.text(), '{"closed":"demo"}\n')
  assert.deepEqual(await api.rooms(), [])
  for (const claims of [{ role: 'Admin' }, { admin: true }, { admin: 1, room: 'other' }]) {
    assert.equal((await api.publish('demo', { headers: publisher })).status, 201)
    assert.equal((await close('demo', bearer(await jwt(claims)))).status, 200)
  }
  assert.deepEqual(await refused(close('demo', bearer('boss'))), [404, 'room not found'], 'it is closed already')
})

test('records are for administrators where there are any, and before anything else is told', async () => {
  await using api = await startGoLive({ ADMIN_TOKEN: 'boss' })
  assert.deepEqual(await refused(api.get('/api/records')), UNAUTHORIZED)
  assert.deepEqual(await refused(api.get('/api/records', { method: 'POST' })), UNAUTHORIZED)
  assert.deepEqual(await refused(api.get('/records/demo_video0_1.ivf')), UNAUTHORIZED)
  assert.equal((await api.get('/api/records', { headers: bearer('boss') })).status, 200)
})

test('the TURN password is told only to whoever may use it', async () => {
  const turn = {
    TURN_URLS: 'turn:turn.example.org',
    TURN_USERNAME: 'ada',
    TURN_PASSWORD: 'lace',
    STUN_URLS: 'stun:a.example.org,stun:b.example.org',
  }
  const stun = { urls: ['stun:a.example.org', 'stun:b.example.org'] }
  const whole = [stun, { urls: ['turn:turn.example.org'], username: 'ada', credential: 'lace' }]
  await using open = await startGoLive(turn)
  assert.deepEqual(await (await open.get('/api/bootstrap')).json(), {
    authEnabled: false,
    recordEnabled: false,
    iceServers: whole,
    features: { rooms: true, records: true },
  })
  await using closed = await startGoLive({ ...turn, AUTH_TOKEN: 'everywhere', ROOM_TOKENS: 'vip:secret' })
  const bootstrap = async (headers: Record<string, string>) => (await (await closed.get('/api/bootstrap', { headers })).json()) as object
  assert.deepEqual(await bootstrap({}), {
    authEnabled: true,
    recordEnabled: false,
    iceServers: [stun],
    features: { rooms: true, records: true },
  })
  for (const token of ['everywhere', 'secret']) assert.deepEqual(Object.entries(await bootstrap(bearer(token)))[2], ['iceServers', whole])
})

test('one bucket for each address, which preflights, mistakes and administrators do not take from', async () => {
  await using api = await startGoLive({ RATE_LIMIT_RPS: '0.01', RATE_LIMIT_BURST: '3', ADMIN_TOKEN: 'boss' })
  const free = async () => {
    await api.get('/api/rooms', { method: 'OPTIONS' })
    await api.get('/api/rooms', { method: 'POST' })
    await api.publish('a.b')
    await api.get('/api/records')
    await api.get('/api/admin/rooms/demo/close', { method: 'POST', headers: bearer('boss') })
    await api.get('/healthz')
  }
  await free()
  assert.equal((await api.get('/api/rooms')).status, 200)
  assert.equal((await api.get('/api/bootstrap')).status, 200)
  assert.deepEqual(await tryPublish(api, 'demo'), PAST_THE_DOOR)
  const late = await api.play('demo', { headers: bearer('guess') })
  assert.match(late.headers.get('retry-after') ?? '', /^\d+$/)
  assert.deepEqual(await refused(late), [429, 'too many requests'])
  assert.deepEqual(await refused(api.get('/api/records', { headers: bearer('boss') })), [429, 'too many requests'])
  assert.equal((await api.get('/healthz')).status, 200)
})

test('Patchbay’s own tokens count as well, for what they allow', async () => {
  await using api = await startGoLive({ AUTH_TOKEN: 'everywhere' })
  const [publish, play, manage] = await Promise.all([
    tokenWith(api.server, 'PUBLISH'),
    tokenWith(api.server, 'PLAY'),
    tokenWith(api.server, 'MANAGE'),
  ])
  assert.deepEqual(await tryPublish(api, 'demo', bearer(play)), UNAUTHORIZED)
  assert.equal((await api.publish('demo', { headers: bearer(publish) })).status, 201)
  assert.equal((await api.play('demo', { headers: xAuth(play) })).status, 201)
  const closed = await api.get('/api/admin/rooms/demo/close', { method: 'POST', headers: bearer(manage) })
  assert.equal(closed.status, 200)
})

test('beyond loopback nothing but health and bootstrap is open', async () => {
  await using api = await startGoLive({ HOST: '0.0.0.0', ANNOUNCED_IP: '127.0.0.1', ADMIN_TOKEN: 'boss', ROOM_TOKENS: 'vip:secret' })
  assert.deepEqual(await tryPublish(api, 'demo'), UNAUTHORIZED)
  assert.deepEqual(await refused(api.play('demo')), UNAUTHORIZED)
  assert.deepEqual(await refused(api.get('/api/rooms')), UNAUTHORIZED)
  assert.deepEqual(await refused(api.get('/api/records')), UNAUTHORIZED)
  assert.equal((await api.get('/metrics')).status, 401)
  assert.equal((await api.get('/healthz')).status, 200)
  assert.equal((await api.get('/api/bootstrap')).status, 200)

  const manager = bearer(await tokenWith(api.server, 'MANAGE'))
  const vip = await api.publish('vip', { headers: bearer('secret') })
  assert.equal(vip.status, 201)
  assert.equal((await api.publish('demo', { headers: manager })).status, 201)
  const names = async (headers: Record<string, string>) =>
    ((await (await api.get('/api/rooms', { headers })).json()) as { name: string }[]).map(({ name }) => name)
  assert.deepEqual(await names(manager), ['demo', 'vip'])
  assert.deepEqual(await names(bearer('secret')), ['vip'], 'a room token sees its room')
  for (const headers of [manager, bearer('boss'), bearer(await tokenWith(api.server, 'OBSERVE'))]) {
    assert.equal((await api.get('/metrics', { headers })).status, 200)
  }
})

test('behind a proxy that nobody named, a loopback server wants a credential', async () => {
  await using api = await startGoLive({ AUTH_TOKEN: 'everywhere' })
  const proxied = { 'x-forwarded-for': '198.51.100.7' }
  assert.equal((await api.publish('demo', { headers: proxied })).status, 403)
  assert.equal((await api.publish('demo', { headers: { ...proxied, ...bearer('everywhere') } })).status, 201)
})

test('HTTP_ADDR says where to listen, as go-live has it', () => {
  const listening = (text: string) => {
    const { host, port } = readEnv({ HTTP_ADDR: text, PORT: '1' })
    return [host, port]
  }
  assert.deepEqual(listening(':9090'), ['0.0.0.0', 9090])
  assert.deepEqual(listening('127.0.0.1:9090'), ['127.0.0.1', 9090])
  assert.deepEqual(listening('[::1]:9090'), ['::1', 9090])
  for (const wrong of ['9090', ':99999', 'a b:1']) assert.throws(() => readEnv({ HTTP_ADDR: wrong }), /HTTP_ADDR/)
})
