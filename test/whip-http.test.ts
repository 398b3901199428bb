import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestRuntime } from './harness.ts'
import { bearer, errorOf, offer, patch, post, RESTART, startWhip, tokenWith, trickle } from './whip-support.ts'

const TURN = {
  STUN_URLS: 'stun:stun.example.org:3478',
  TURN_URLS: 'turn:turn.example.org:3478?transport=udp,turns:turn.example.org:5349?transport=tcp',
  TURN_USERNAME: 'ada',
  TURN_PASSWORD: 'lace"1815',
}

let server: TestRuntime
let publish = ''
before(async () => {
  server = await startWhip(TURN)
  publish = await offer('chromium-publish')
})
after(() => server[Symbol.asyncDispose]())

/** A room of its own for each test. */
let rooms = 0
const endpoint = (room = `room-${++rooms}`) => `${server.url}/whip/default/${room}`

test('an offer is answered 201 with answer, session URL, entity tag and ICE servers', async () => {
  const url = endpoint()
  const response = await post(url, publish)
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('content-type'), 'application/sdp')
  assert.match(response.headers.get('location') ?? '', new RegExp(`^${new URL(url).pathname}/SE_[\\w-]{22}$`))
  assert.match(response.etag, /^"[^"]+"$/)
  assert.equal(response.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag')

  const answer = await response.text()
  assert.match(answer, /^v=0\r\n/)
  assert.match(answer, /a=group:BUNDLE/)
  assert.match(answer, /a=recvonly/)
  assert.match(answer, /a=candidate:/)
  assert.match(answer, /a=end-of-candidates/)
  assert.equal(
    response.headers.get('link'),
    [
      '<stun:stun.example.org:3478>; rel="ice-server"',
      '<turn:turn.example.org:3478?transport=udp>; rel="ice-server"; username="ada"; credential="lace\\"1815"; credential-type="password"',
      '<turns:turn.example.org:5349?transport=tcp>; rel="ice-server"; username="ada"; credential="lace\\"1815"; credential-type="password"',
    ].join(', '),
  )
})

test('a room is named by its app-local or its full name', async () => {
  const { session } = await post(`${server.url}/whip/live/hall`, publish)
  assert.equal(server.runtime.core.rooms.get('live-hall').publishers.length, 1)
  const byFullName = session.replace('/live/hall/', '/live/live-hall/')
  assert.equal((await fetch(byFullName)).status, 204)
})

test('an offer that can not be served is refused, and leaves no room behind', async () => {
  const url = endpoint('refused')
  const refused = async (status: number, code: string, sdp: string, headers?: Record<string, string>) => {
    const response = await post(url, sdp, headers)
    assert.equal(response.status, status)
    const { error, code: told } = await errorOf(response)
    assert.equal(told, code)
    assert.ok(error.length > 10)
    return response
  }
  const unsupported = await refused(415, 'MEDIA_TYPE_UNSUPPORTED', publish, { 'content-type': 'text/plain' })
  assert.equal(unsupported.headers.get('accept-post'), 'application/sdp')
  await refused(400, 'SDP_INVALID', 'hello')
  await refused(400, 'SDP_INVALID', publish.replace(/a=ice-ufrag:.*\r\n/g, ''))
  await refused(413, 'BODY_TOO_LARGE', `${publish}${'a=x\r\n'.repeat(300_000)}`)
  await refused(422, 'SDP_REFUSED', publish.replaceAll('a=sendonly', 'a=recvonly'))
  await refused(422, 'SDP_REFUSED', publish.replaceAll(/a=rtpmap:(\d+) (?!opus)\w+\/90000/g, 'a=rtpmap:$1 X-NOBODY/90000'))
  await refused(422, 'SDP_REFUSED', publish.replaceAll('a=rtcp-mux', 'a=x-nothing'))
  await refused(422, 'SDP_REFUSED', twoCameras(publish))
  assert.equal(server.runtime.core.rooms.find('refused')?.publishers.length ?? 0, 0)
})

test('parameters of a media type do not matter', async () => {
  assert.equal((await post(endpoint(), publish, { 'content-type': 'Application/SDP; charset=utf-8' })).status, 201)
})

test('DELETE ends the session, whatever If-Match says; after that it is unknown', async () => {
  const url = endpoint()
  const { session } = await post(url, publish)
  const response = await fetch(session, { method: 'DELETE', headers: { 'if-match': '"another"' } })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), '')
  assert.equal((await fetch(session, { method: 'DELETE' })).status, 404)
  assert.equal((await patch(session, RESTART, { 'if-match': '*' })).status, 404)
  assert.equal((await fetch(session)).status, 404)
  assert.equal((await post(url, publish)).status, 201)
})

test('candidates are taken with 204 and no entity tag; those of no use are dropped', async () => {
  const { session, etag } = await post(endpoint(), publish)
  const trickled = await patch(session, trickle(publish, 'a=candidate:2 1 udp 1 not-an-address.local 9 typ host', 'a=end-of-candidates'), {
    'if-match': etag,
  })
  assert.equal(trickled.status, 204)
  assert.equal(trickled.headers.get('etag'), null)
  assert.equal(await trickled.text(), '')
})

test('a PATCH is refused when it is no fragment, says not what it is for, or comes too late', async () => {
  const { session, etag } = await post(endpoint(), publish)
  const fragment = trickle(publish)
  const wrongType = await patch(session, fragment, { 'if-match': etag, 'content-type': 'application/sdp' })
  assert.equal(wrongType.status, 415)
  assert.equal(wrongType.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag')
  assert.equal((await patch(session, 'a=candidate:nonsense\r\n', { 'if-match': etag })).status, 400)
  assert.equal((await patch(session, '', { 'if-match': etag })).status, 400)
  assert.equal((await patch(session, fragment)).status, 428)
  assert.equal((await patch(session, fragment, { 'if-match': '"another"' })).status, 412)
  assert.equal((await patch(session, fragment, { 'if-match': `W/${etag}` })).status, 412)
  assert.equal((await patch(session, fragment, { 'if-match': `"another", ${etag}` })).status, 204)
})

test('an ICE restart is answered with new credentials and a new entity tag; the old one no longer matches', async () => {
  const posted = await post(endpoint(), publish)
  for (const ifMatch of ['*', '"*"']) {
    const before = posted.etag
    const fragment = RESTART.replace('EsAw', ifMatch === '*' ? 'EsAw' : 'Fs8x')
    const restarted = await patch(posted.session, fragment, { 'if-match': ifMatch })
    assert.equal(restarted.status, 200)
    assert.equal(restarted.headers.get('content-type'), 'application/trickle-ice-sdpfrag')
    const etag = restarted.headers.get('etag') ?? ''
    assert.match(etag, /^"[^"]+"$/)
    assert.notEqual(etag, before)
    const text = await restarted.text()
    assert.match(text, /a=ice-ufrag:/)
    assert.match(text, /a=ice-pwd:/)
    assert.match(text, /a=candidate:/)
    assert.equal((await patch(posted.session, trickle(publish), { 'if-match': before })).status, 412)
    posted.etag = etag
  }
})

test('GET and HEAD succeed without content; what is not possible is answered 405 with what is', async () => {
  const url = endpoint()
  const { session } = await post(url, publish)
  for (const method of ['GET', 'HEAD']) {
    assert.equal((await fetch(url, { method })).status, 204)
    assert.equal((await fetch(session, { method })).status, 204)
  }
  for (const [target, allow, methods] of [
    [url, 'GET, HEAD, POST, OPTIONS', ['PUT', 'PATCH', 'DELETE']],
    [session, 'GET, HEAD, PATCH, DELETE, OPTIONS', ['PUT', 'POST']],
  ] as const) {
    for (const method of methods) {
      const response = await fetch(target, { method })
      assert.equal(response.status, 405)
      assert.equal(response.headers.get('allow'), allow)
      assert.equal((await errorOf(response)).code, 'METHOD_NOT_ALLOWED')
    }
  }
})

test('a preflight is answered without a credential and without ICE servers; another OPTIONS tells them to whoever may publish', async () => {
  const url = endpoint()
  const { session } = await post(url, publish)
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/)
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'Authorization, Content-Type, If-Match, X-Auth-Token')
  assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
  assert.equal(preflight.headers.get('accept-post'), 'application/sdp')
  assert.equal(preflight.headers.get('link'), null)

  const asked = await fetch(url, { method: 'OPTIONS' })
  assert.match(asked.headers.get('link') ?? '', /turns:turn\.example\.org/)
  const unknown = await fetch(url, { method: 'OPTIONS', headers: bearer('sk_nobody') })
  assert.equal(unknown.status, 204)
  assert.equal(unknown.headers.get('link'), null)
  const onSession = await fetch(session, { method: 'OPTIONS' })
  assert.equal(onSession.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag')
})

test('pages of any origin can read what they need, on refusals too', async () => {
  const url = endpoint()
  const { session } = await post(url, publish)
  for (const response of [await post(url, publish), await fetch(`${session}x`), await fetch(url, { method: 'PUT' })]) {
    assert.ok(response.status >= 400)
    assert.equal(response.headers.get('access-control-allow-origin'), '*')
    assert.equal(response.headers.get('access-control-expose-headers'), 'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After')
  }
})

test('a second publisher is told to wait with 409; one with another identity is welcome', async () => {
  const url = endpoint()
  await post(url, publish)
  const second = await post(url, 'not even an offer')
  assert.equal(second.status, 409)
  assert.equal(second.headers.get('retry-after'), '2')
  assert.equal((await errorOf(second)).code, 'IDENTITY_TAKEN')
  assert.equal((await post(`${url}?identity=side`, publish)).status, 201)
  assert.equal((await post(`${url}?identity=a b`, publish)).status, 400)
})

test('a token decides on the endpoint and on the session alike', async () => {
  const url = endpoint()
  const publisher = bearer(await tokenWith(server, 'PUBLISH'))
  const player = bearer(await tokenWith(server, 'PLAY'))
  const wrong = await post(url, publish, bearer('sk_wrong'))
  assert.equal(wrong.status, 401)
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer')
  assert.equal((await errorOf(wrong)).code, 'UNAUTHENTICATED')
  assert.equal((await post(url, publish, player)).status, 403)

  const { session } = await post(url, publish, publisher)
  for (const [headers, status] of [
    [bearer('sk_wrong'), 401],
    [player, 403],
  ] as const) {
    assert.equal((await fetch(session, { method: 'DELETE', headers })).status, status)
    assert.equal((await patch(session, RESTART, { ...headers, 'if-match': '*' })).status, status)
    assert.equal((await fetch(session, { headers })).status, status)
  }
  assert.equal((await fetch(session, { method: 'DELETE', headers: { 'x-auth-token': publisher.authorization.slice(7) } })).status, 200)
})

test('a session is found in its own room only', async () => {
  const { session } = await post(endpoint(), publish)
  assert.equal((await fetch(session.replace(/room-\d+/, 'elsewhere'), { method: 'DELETE' })).status, 404)
  assert.equal((await fetch(session.replace('/whip/', '/whep/'), { method: 'DELETE' })).status, 404)
})

test('a stream key as bearer token leads into its room, and into no other', async () => {
  const room = `room-${++rooms}`
  const { streamKey } = await server.runtime.core.ingresses.create({ protocol: 'WHIP', app: 'default', room, identity: 'camera' })
  assert.equal((await post(endpoint(), publish, bearer(streamKey))).status, 403)
  const { status, session } = await post(endpoint(room), publish, bearer(streamKey))
  assert.equal(status, 201)
  assert.equal(server.runtime.core.rooms.get(room).publishers[0]?.identity, 'camera')
  assert.equal((await fetch(session, { method: 'DELETE', headers: bearer('another') })).status, 401)
  assert.equal((await fetch(session, { method: 'DELETE', headers: bearer(streamKey) })).status, 200)

  const byPath = await post(endpoint(streamKey), publish)
  assert.equal(byPath.status, 201)
  assert.equal(server.runtime.core.rooms.get(room).publishers.length, 1)
  assert.equal((await fetch(byPath.session, { method: 'DELETE' })).status, 200)
})

test('a session knows no redirects and no unknown apps', async () => {
  const slashed = await fetch(`${endpoint()}/`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/sdp' },
    body: publish,
  })
  assert.equal(slashed.status, 201)
  assert.match(slashed.headers.get('location') ?? '', /room-\d+\/SE_/)
  assert.equal((await post(`${server.url}/whip/nowhere/room`, publish)).status, 404)
  assert.equal((await post(`${server.url}/whip/default/a%20b`, publish)).status, 400)
})

test('the offers of OBS, GStreamer and Firefox are answered', async () => {
  for (const name of ['obs-publish', 'gstreamer-publish', 'firefox-publish', 'firefox-simulcast', 'chromium-simulcast']) {
    assert.equal((await post(endpoint(), await offer(name))).status, 201, name)
  }
})

test('sessions outlive the plugin that opened them', async () => {
  const { session, etag } = await post(endpoint(), publish)
  await server.runtime.plugins.restart('whip')
  assert.equal((await patch(session, trickle(publish), { 'if-match': etag })).status, 204)
  assert.equal((await fetch(session, { method: 'DELETE' })).status, 200)
})

/** The offer with its video section twice. */
function twoCameras(sdp: string): string {
  const video = sdp.slice(sdp.indexOf('m=video'))
  const mid = /a=mid:(\S+)/.exec(video)?.[1] ?? ''
  return sdp.replace(/a=group:BUNDLE .*/, (line) => `${line.trimEnd()} second`) + video.replace(`a=mid:${mid}`, 'a=mid:second')
}
