import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { TestRuntime } from './harness.ts'
import { bearer, errorOf, eventsOf, nextEvent, offer, patch, post, RESTART, startWhip, tokenWith, trickle } from './whip-support.ts'

let server: TestRuntime
let publish = ''
let play = ''
before(async () => {
  server = await startWhip({ STUN_URLS: 'stun:stun.example.org' }, { viewerCountIntervalMs: 50, sseKeepaliveMs: 1_000 })
  publish = await offer('chromium-publish')
  play = await offer('chromium-play')
})
after(() => server[Symbol.asyncDispose]())

let rooms = 0
const newRoom = () => `room-${++rooms}`
const whip = (room: string) => `${server.url}/whip/default/${room}`
const whep = (room: string) => `${server.url}/whep/default/${room}`

/** A room in which somebody publishes. */
async function liveRoom() {
  const room = newRoom()
  const publisher = await post(whip(room), publish)
  return { room, url: whep(room), publisher, unpublish: () => fetch(publisher.session, { method: 'DELETE' }) }
}

test('an offer is answered 201 with what is live, session URL, entity tag, ICE servers and extensions', async () => {
  const { url } = await liveRoom()
  const response = await post(url, play)
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('content-type'), 'application/sdp')
  assert.match(response.headers.get('location') ?? '', /^\/whep\/default\/room-\d+\/SE_[\w-]{22}$/)
  assert.match(response.etag, /^"[^"]+"$/)
  const path = new URL(response.session).pathname
  assert.equal(
    response.headers.get('link'),
    [
      '<stun:stun.example.org>; rel="ice-server"',
      `<${path}/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive,layers,viewercount,overlays"`,
      `<${path}/layers>; rel="urn:ietf:params:whep:ext:core:layer"`,
    ].join(', '),
  )
  const answer = await response.text()
  assert.match(answer, /a=sendonly/)
  assert.doesNotMatch(answer, /a=recvonly/)
})

test('where nobody publishes a player is told to come again', async () => {
  const room = newRoom()
  const early = await post(whep(room), play)
  assert.equal(early.status, 409)
  assert.equal(early.headers.get('retry-after'), '2')
  assert.equal((await errorOf(early)).code, 'NOTHING_LIVE')
  assert.equal(server.runtime.core.rooms.find(room), undefined)
})

test('an offer that receives nothing, is malformed or of another type is refused', async () => {
  const { room, url } = await liveRoom()
  assert.equal((await post(url, publish)).status, 422)
  assert.equal((await post(url, 'v=1')).status, 400)
  assert.equal((await post(url, play, { 'content-type': 'text/plain' })).status, 415)
  assert.equal(server.runtime.core.rooms.get(room).viewers.size, 0)
})

test('HEAD tells what the URL is, GET succeeds without content, PUT is not possible', async () => {
  const { url } = await liveRoom()
  const head = await fetch(url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-type'), 'application/sdp')
  assert.equal((await fetch(url)).status, 204)
  const put = await fetch(url, { method: 'PUT' })
  assert.equal(put.status, 405)
  assert.equal(put.headers.get('accept-post'), 'application/sdp')
})

test('a session is patched, restarted and deleted as a WHIP session is', async () => {
  const { room, url } = await liveRoom()
  const { session, etag } = await post(url, play)
  assert.equal((await patch(session, trickle(play), { 'if-match': etag })).status, 204)
  assert.equal((await patch(session, trickle(play))).status, 428)
  const restarted = await patch(session, RESTART, { 'if-match': '*' })
  assert.equal(restarted.status, 200)
  assert.notEqual(restarted.headers.get('etag'), etag)
  assert.equal((await patch(session, trickle(play), { 'if-match': etag })).status, 412)
  assert.equal((await fetch(session, { method: 'DELETE' })).status, 200)
  assert.equal((await fetch(session, { method: 'DELETE' })).status, 404)
  assert.equal(server.runtime.core.rooms.get(room).viewers.size, 0)
})

test('a token decides on the endpoint and on the session alike', async () => {
  const { url } = await liveRoom()
  const player = bearer(await tokenWith(server, 'PLAY'))
  const publisher = bearer(await tokenWith(server, 'PUBLISH'))
  assert.equal((await post(url, play, bearer('sk_wrong'))).status, 401)
  assert.equal((await post(url, play, publisher)).status, 403)
  const { session } = await post(url, play, player)
  assert.equal((await fetch(session, { method: 'DELETE', headers: bearer('sk_wrong') })).status, 401)
  assert.equal((await fetch(session, { method: 'DELETE', headers: publisher })).status, 403)
  assert.equal((await fetch(`${session}/layers`, { method: 'POST', headers: publisher })).status, 403)
  assert.equal((await fetch(session, { method: 'DELETE', headers: player })).status, 200)
})

test('a full room answers 503 until somebody leaves', async () => {
  await server.runtime.core.apps.create('tiny', { config: { viewers: { maxPerRoom: 1 } } })
  await post(`${server.url}/whip/tiny/box`, publish)
  const first = await post(`${server.url}/whep/tiny/box`, play)
  const second = await post(`${server.url}/whep/tiny/box`, play)
  assert.equal(second.status, 503)
  assert.equal(second.headers.get('retry-after'), '2')
  await fetch(first.session, { method: 'DELETE' })
  assert.equal((await post(`${server.url}/whep/tiny/box`, play)).status, 201)
})

test('a player hears whether somebody publishes, how many watch, and why it ended', async () => {
  const { room, url, unpublish } = await liveRoom()
  const { session } = await post(url, play)
  const made = await fetch(`${session}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '["inactive", "active", "viewercount", "vad"]',
  })
  assert.equal(made.status, 201)
  const response = await fetch(new URL(made.headers.get('location') ?? '', session))
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const events = eventsOf(response)
  assert.deepEqual(await nextEvent(events), { event: 'active', data: {} })
  assert.deepEqual(await nextEvent(events), { event: 'viewercount', data: { viewercount: 1 } })

  const other = await post(url, play)
  assert.deepEqual(await nextEvent(events), { event: 'viewercount', data: { viewercount: 2 } })
  await fetch(other.session, { method: 'DELETE' })
  assert.deepEqual(await nextEvent(events), { event: 'viewercount', data: { viewercount: 1 } })
  await unpublish()
  assert.deepEqual(await nextEvent(events), { event: 'inactive', data: {} })
  await post(whip(room), publish)
  assert.deepEqual(await nextEvent(events), { event: 'active', data: {} })

  for (const viewer of server.runtime.core.rooms.get(room).viewers.values()) viewer.close('REQUESTED')
  assert.deepEqual(await nextEvent(events), { event: 'ended', data: { reason: 'REQUESTED' } })
  assert.equal(await nextEvent(events), undefined)
  assert.equal((await fetch(`${session}/events`)).status, 404)
})

test('a player whose media worker dies is told within a second, and comes back', async () => {
  const { room, url } = await liveRoom()
  const { session } = await post(url, play)
  const events = eventsOf(await fetch(`${session}/events?of=`))
  const { workers, events: coreEvents } = server.runtime.core
  const replaced = once(coreEvents, 'mediaWorker.replaced')
  const from = Date.now()
  process.kill(workers.alive[0]?.pid ?? 0, 'SIGKILL')
  assert.deepEqual(await nextEvent(events), { event: 'ended', data: { reason: 'MEDIA_WORKER_DIED' } })
  assert.ok(Date.now() - from < 1_000)

  const unavailable = await post(whip(newRoom()), publish)
  assert.ok([201, 503].includes(unavailable.status))
  if (unavailable.status === 503) assert.ok(Number(unavailable.headers.get('retry-after')) >= 1)
  await replaced
  assert.equal((await post(whip(room), publish)).status, 201)
  assert.equal((await post(url, play)).status, 201)
})

test('an event stream shows that it is alive, ends by DELETE, and a session has a few at most', async () => {
  const { url } = await liveRoom()
  const { session } = await post(url, play)
  const streams = await Promise.all(Array.from({ length: 4 }, () => fetch(`${session}/events?of=layers`)))
  const fifth = await fetch(`${session}/events`)
  assert.equal(fifth.status, 429)
  await fifth.body?.cancel()

  const deleted = fetch(`${session}/events`, { method: 'DELETE' })
  const texts = await Promise.all(streams.map((response) => response.text()))
  assert.equal((await deleted).status, 200)
  for (const text of texts) assert.match(text, /^retry: 1000\n\n/)

  const quiet = await fetch(`${session}/events?of=layers`)
  for await (const chunk of quiet.body as AsyncIterable<Uint8Array>) if (new TextDecoder().decode(chunk).includes(':\n\n')) break
})

test('what is no list of events or no layer is refused', async () => {
  const { url } = await liveRoom()
  const { session } = await post(url, play)
  const send = (path: string, body: string, type = 'application/json') =>
    fetch(`${session}/${path}`, { method: 'POST', headers: { 'content-type': type }, body })
  assert.equal((await send('events', '{}')).status, 400)
  assert.equal((await send('events', 'active')).status, 400)
  assert.equal((await send('events', '[]', 'text/plain')).status, 415)
  assert.equal((await send('layers', '[]')).status, 400)
  assert.equal((await send('layers', '{"encodingId":"nowhere"}')).status, 400)
  assert.equal((await send('layers', '{"mediaId":"9","spatialLayerId":0}')).status, 400)
  assert.equal((await send('layers', '{"temporalLayerId":99}')).status, 400)
  assert.equal((await send('layers', '{}')).status, 200)
})
