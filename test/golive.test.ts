import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answered, type GoLive, refused, startGoLive } from './golive-support.ts'
import { offer, patch, RESTART, trickle } from './whip-support.ts'

let api: GoLive
before(async () => {
  api = await startGoLive({ MAX_SUBS_PER_ROOM: '2', STUN_URLS: 'stun:stun.example.org' })
})
after(() => api[Symbol.asyncDispose]())

let rooms = 0
const newRoom = () => `room-${++rooms}`
const MIB = 1_048_576

test('publishing is answered 201 with the answer, the session and what is known of it', async () => {
  const response = await api.publish(newRoom())
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('content-type'), 'application/sdp')
  assert.match(response.headers.get('location') ?? '', /^\/api\/whip\/session\/SE_[\w-]{22}$/)
  assert.match(response.etag, /^"[^"]+"$/)
  assert.equal(response.headers.get('link'), '<stun:stun.example.org>; rel="ice-server"')
  const answer = await response.text()
  for (const line of [/^v=0\r\n/, /a=candidate:/, /a=recvonly/]) assert.match(answer, line)
})

test('playing is answered 201 likewise; where nobody publishes 404 says when to come again', async () => {
  const room = newRoom()
  const early = await api.play(room, { sdp: 'rubbish' })
  assert.equal(early.headers.get('retry-after'), '2')
  assert.deepEqual(await refused(early), [404, 'no active publisher in room'])
  assert.equal(api.server.runtime.core.rooms.find(`live-${room}`), undefined, 'it creates no room')

  await api.publish(room)
  const response = await api.play(room)
  assert.equal(response.status, 201)
  assert.match(response.headers.get('location') ?? '', /^\/api\/whep\/session\/SE_/)
  assert.match(await response.text(), /a=sendonly/)
})

test('names, methods and bodies are refused in their order', async () => {
  for (const name of ['a/b', 'a%2Fb', 'a.b', 'a%20b', '', 'x'.repeat(65)]) {
    assert.deepEqual(await refused(api.publish(name, { sdp: 'rubbish' })), [400, 'invalid room name'], name)
    assert.deepEqual(await refused(api.play(name)), [400, 'invalid room name'], name)
  }
  assert.deepEqual(await refused(api.get('/api/whip/publish', { method: 'POST' })), [400, 'invalid room name'])
  assert.deepEqual(await refused(api.get('/api/whip/publish/a.b', { method: 'PUT' })), [400, 'invalid room name'])

  const room = newRoom()
  const put = await api.get(`/api/whip/publish/${room}`, { method: 'PUT' })
  assert.equal(put.headers.get('allow'), 'GET, HEAD, POST, OPTIONS')
  assert.equal(put.headers.get('accept-post'), 'application/sdp')
  assert.deepEqual(await refused(put), [405, 'method not allowed'])
  assert.deepEqual(await refused(api.publish(room, { headers: { 'content-type': 'application/json' } })), [415, 'unsupported media type'])
  assert.deepEqual(await refused(api.publish(room, { sdp: 'v'.repeat(MIB + 1) })), [413, 'request body too large'])
  assert.deepEqual(await refused(api.publish(room, { sdp: 'v'.repeat(MIB) })), [400, 'invalid SDP'])
  assert.deepEqual(await refused(api.publish(room, { sdp: '' })), [400, 'invalid SDP'])
  assert.deepEqual(await refused(api.publish(room, { sdp: await offer('chromium-play') })), [422, 'unsupported SDP'])
  assert.equal(api.server.runtime.core.rooms.find(`live-${room}`)?.publishers.length ?? 0, 0)
})

test('an offer may come as text/plain or without any media type', async () => {
  assert.equal((await api.publish(newRoom(), { headers: { 'content-type': 'text/plain; charset=utf-8' } })).status, 201)
  const bytes = new Blob([await offer('chromium-publish')])
  assert.equal((await api.get(`/api/whip/publish/${newRoom()}`, { method: 'POST', body: bytes })).status, 201)
})

test('a second publisher is refused, however bad its offer, and under whatever identity the first came', async () => {
  const room = newRoom()
  await api.publish(room)
  assert.deepEqual(await refused(api.publish(room, { sdp: 'rubbish' })), [409, 'publisher already exists in this room'])

  const other = newRoom()
  const url = `${api.server.url}/whip/live/${other}?identity=door`
  await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: await offer('chromium-publish') })
  assert.deepEqual(await refused(api.publish(other)), [409, 'publisher already exists in this room'])
})

test('a room takes as many subscribers as MAX_SUBS_PER_ROOM, not one more', async () => {
  const room = newRoom()
  const publisher = await api.publish(room)
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => api.play(room)))).map(({ status }) => status)
  assert.deepEqual(statuses.sort(), [201, 201, 403, 403])
  assert.deepEqual(await refused(api.play(room, { sdp: 'rubbish' })), [403, 'subscriber limit reached'])
  await fetch(publisher.session, { method: 'DELETE' })
  assert.deepEqual(await refused(api.play(room)), [403, 'subscriber limit reached'], 'the limit comes before the missing publisher')
})

test('rooms are listed by name with what is in them, for as long as somebody publishes or plays', async () => {
  await using fresh = await startGoLive()
  assert.equal((await answered(fresh.get('/api/rooms'))).body, '[]\n')
  const later = await fresh.publish('zebra')
  const early = await fresh.publish('ant')
  const viewer = await fresh.play('ant')
  const ant = { name: 'ant', hasPublisher: true, tracks: 0, subscribers: 1 }
  assert.deepEqual(await fresh.rooms(), [ant, { name: 'zebra', hasPublisher: true, tracks: 0, subscribers: 0 }])
  await fetch(later.session, { method: 'DELETE' })
  await fetch(early.session, { method: 'DELETE' })
  assert.deepEqual(await fresh.rooms(), [{ ...ant, hasPublisher: false }], 'its subscriber waits')
  assert.equal((await fresh.publish('ant')).status, 201)
  await fetch(viewer.session, { method: 'DELETE' })
  assert.deepEqual(await fresh.rooms(), [{ ...ant, subscribers: 0 }])
})

test('rooms of other apps go by their full names, in every place', async () => {
  await using fresh = await startGoLive()
  const { server } = fresh
  await server.graphql('mutation { createApp(name: "yard") { name } }')
  const publish = async (path: string) =>
    (
      await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body: await offer('chromium-publish'),
      })
    ).status
  assert.deepEqual(await Promise.all(['/whip/yard/door', '/whip/default/shed', '/whip/live/demo'].map(publish)), [201, 201, 201])
  const listed = (await fresh.rooms()) as { name: string }[]
  assert.deepEqual(
    listed.map(({ name }) => name),
    ['demo', 'shed', 'yard-door'],
  )
  for (const { name } of listed) {
    assert.equal((await fresh.play(name)).status, 201, name)
    assert.equal((await fresh.publish(name)).status, 409, name)
  }
  assert.equal((await fresh.play('live-demo')).status, 404, 'no room has two names')
})

test('GET and HEAD of an endpoint succeed without content; HEAD tells what a WHEP endpoint is', async () => {
  const room = newRoom()
  assert.equal((await api.get(`/api/whip/publish/${room}`)).status, 204)
  assert.equal((await api.get(`/api/whip/publish/${room}`, { method: 'HEAD' })).status, 204)
  assert.equal((await api.get(`/api/whep/play/${room}`)).status, 204)
  const head = await api.get(`/api/whep/play/${room}`, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'application/sdp'])
  assert.equal((await api.get('/api/rooms', { method: 'HEAD' })).status, 200)
})

test('a session is patched, restarted and ended as RFC 9725 says', async () => {
  const sdp = await offer('chromium-publish')
  const room = newRoom()
  const { session, etag } = await api.publish(room)
  const publisher = { 'if-match': etag }

  assert.equal((await fetch(session)).status, 204)
  assert.equal((await answered(patch(session, trickle(sdp), publisher))).status, 204)
  assert.equal((await patch(session, trickle(sdp), publisher)).headers.get('etag'), null)
  assert.deepEqual(await refused(patch(session, trickle(sdp))), [428, 'If-Match is required'])
  assert.deepEqual(await refused(patch(session, trickle(sdp), { 'if-match': '"other"' })), [412, 'the session has changed'])
  assert.deepEqual(await refused(patch(session, 'rubbish', publisher)), [400, 'invalid SDP'])
  const wrongType = await patch(session, trickle(sdp), { ...publisher, 'content-type': 'application/sdp' })
  assert.equal(wrongType.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag')
  assert.deepEqual(await refused(wrongType), [415, 'unsupported media type'])

  const restarted = await patch(session, RESTART, { 'if-match': '"*"' })
  assert.equal(restarted.status, 200)
  assert.equal(restarted.headers.get('content-type'), 'application/trickle-ice-sdpfrag')
  assert.notEqual(restarted.headers.get('etag'), etag)
  assert.match(await restarted.text(), /a=ice-ufrag:/)
  assert.equal((await patch(session, trickle(sdp), publisher)).status, 412)

  const player = await api.play(room)
  const mistaken = player.session.replace('/whep/', '/whip/')
  assert.deepEqual(await refused(fetch(mistaken, { method: 'DELETE' })), [404, 'session not found'])
  const ended = await answered(fetch(session, { method: 'DELETE', headers: { 'if-match': '"other"' } }))
  assert.deepEqual([ended.status, ended.body], [200, ''])
  assert.deepEqual(await refused(fetch(session, { method: 'DELETE' })), [404, 'session not found'])
  assert.equal((await fetch(player.session)).status, 204, 'its subscriber stays')
  assert.equal((await api.publish(room)).status, 201, 'the room is free at once')
})

test('preflights are answered without a credential, with what can be sent', async () => {
  const endpoint = await api.get('/api/whip/publish/demo', { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } })
  assert.equal(endpoint.status, 204)
  assert.equal(endpoint.headers.get('accept-post'), 'application/sdp')
  assert.equal(endpoint.headers.get('link'), null)
  assert.equal(endpoint.headers.get('access-control-allow-methods'), 'GET, POST, PATCH, DELETE, OPTIONS')
  assert.equal(endpoint.headers.get('access-control-allow-headers'), 'Content-Type, Authorization, X-Auth-Token, If-Match')
  assert.equal(endpoint.headers.get('access-control-expose-headers'), 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After')
  const session = await api.get('/api/whep/session/SE_any', { method: 'OPTIONS' })
  assert.equal(session.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag')
  for (const path of ['/api/rooms', '/api/bootstrap', '/api/records', '/api/admin/rooms/demo/close']) {
    assert.equal((await api.get(path, { method: 'OPTIONS' })).status, 204, path)
  }
})

test('one allowed origin is echoed, and no other', async () => {
  await using fresh = await startGoLive({ ALLOWED_ORIGIN: 'https://tv.example.org, studio.example.org' })
  const from = async (origin?: string) => {
    const { headers, status } = await fresh.get('/api/rooms', origin === undefined ? {} : { headers: { origin } })
    assert.equal(status, 200)
    assert.equal(headers.get('vary'), 'Origin')
    return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
  }
  assert.deepEqual(await from('https://tv.example.org'), ['https://tv.example.org', 'true'])
  assert.deepEqual(await from('http://studio.example.org:3000'), ['http://studio.example.org:3000', 'true'])
  assert.deepEqual(await from('https://elsewhere.example.org'), [null, null])
  assert.deepEqual(await from(), [null, null])
})

test('health, demo pages and what is not there', async () => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    const { status, headers, body } = await answered(api.get('/healthz', { method }))
    assert.deepEqual([status, headers.get('content-type'), body], [200, 'text/plain; charset=utf-8', 'ok'])
  }
  assert.equal((await api.get('/web/index.html')).headers.get('location'), '/')
  assert.equal((await api.get('/web/publisher.html?room=yard')).headers.get('location'), '/publish/live/yard')
  assert.equal((await api.get('/web/player.html')).headers.get('location'), '/play/live/demo')
  assert.equal((await api.get('/web/../../etc/passwd')).status, 404)
  assert.equal((await api.get('/debug/pprof/')).status, 404)
  assert.equal((await api.get('/api/nothing')).status, 404)
})

test('nothing is recorded, and the list says so', async () => {
  assert.equal((await answered(api.get('/api/records'))).body, '[]\n')
  assert.deepEqual(await refused(api.get('/records/..%2F..%2Fetc%2Fpasswd')), [404, 'not found'])
  assert.deepEqual(await refused(api.get('/records/')), [404, 'not found'])
  assert.deepEqual(await refused(api.get('/api/records', { method: 'POST' })), [405, 'method not allowed'])
})

test('the operations are there only while their plugin is', async () => {
  await using fresh = await startGoLive()
  await fresh.server.graphql('mutation { disablePlugin(name: "whip") { state } }')
  const response = await fresh.publish('demo')
  assert.equal(response.headers.get('retry-after'), '2')
  assert.deepEqual(await refused(response), [503, 'service unavailable'])
})
