import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TEST_TOKEN, type TestRuntime } from './harness.ts'
import { offer, post, RESTART, startWhip, tokenWith, trickle } from './whip-support.ts'

let server: TestRuntime
let publish = ''
let play = ''
before(async () => {
  server = await startWhip({ STUN_URLS: 'stun:stun.example.org' })
  publish = await offer('chromium-publish')
  play = await offer('chromium-play')
})
after(() => server[Symbol.asyncDispose]())

type Opened = { session: { id: string; kind: string; room: string; etag: string }; answer: string; iceServers: { urls: string[] }[] }
type Patched = { session: { etag: string }; fragment: string | null }

const OPENED = '{ session { id kind app room ownerId etag } answer iceServers { urls username credential } }'
const PUBLISH = `mutation ($room: String!, $sdp: String!, $identity: String) { opened: publishWebRtc(app: "live", room: $room, sdp: $sdp, identity: $identity) ${OPENED} }`
const PLAY = `mutation ($room: String!, $sdp: String!) { opened: playWebRtc(app: "live", room: $room, sdp: $sdp) ${OPENED} }`
const PATCH =
  'mutation ($id: ID!, $fragment: String!, $etags: [String!]) { patched: patchWebRtcSession(id: $id, fragment: $fragment, etags: $etags) { session { etag } fragment } }'
const CLOSE = 'mutation ($id: ID!) { closed: closeWebRtcSession(id: $id) { id } }'

/** The codes of what was refused. */
async function refused(query: string, variables: Record<string, unknown>, token = TEST_TOKEN): Promise<unknown[]> {
  const { errors = [] } = await server.graphqlRaw(query, variables, token)
  return errors.map(({ extensions }) => extensions?.code)
}

test('what WHIP and WHEP do, GraphQL does', async () => {
  const { opened } = await server.graphql<{ opened: Opened }>(PUBLISH, { room: 'hall', sdp: publish, identity: 'camera' })
  assert.match(opened.answer, /a=recvonly/)
  assert.deepEqual(opened.iceServers, [{ urls: ['stun:stun.example.org'], username: null, credential: null }])
  const { id, etag, ...session } = opened.session
  const publisher = server.runtime.core.rooms.get('live-hall').publishers[0]
  assert.deepEqual(session, { kind: 'PUBLISH', app: 'live', room: 'live-hall', ownerId: publisher?.id })
  assert.equal(publisher?.identity, 'camera')
  assert.deepEqual(await refused(PUBLISH, { room: 'live-hall', sdp: publish, identity: 'camera' }), ['IDENTITY_TAKEN'])

  const playing = await server.graphql<{ opened: Opened }>(PLAY, { room: 'hall', sdp: play })
  assert.equal(playing.opened.session.kind, 'PLAY')
  assert.match(playing.opened.answer, /a=sendonly/)

  const trickled = await server.graphql<{ patched: Patched }>(PATCH, { id, fragment: trickle(publish), etags: [etag] })
  assert.deepEqual(trickled.patched, { session: { etag }, fragment: null })
  const restarted = await server.graphql<{ patched: Patched }>(PATCH, { id, fragment: RESTART })
  assert.match(restarted.patched.fragment ?? '', /a=ice-ufrag:/)
  assert.notEqual(restarted.patched.session.etag, etag)
  assert.deepEqual(await refused(PATCH, { id, fragment: RESTART, etags: [etag] }), ['SESSION_CHANGED'])

  await server.graphql(CLOSE, { id })
  assert.deepEqual(await refused(CLOSE, { id }), ['SESSION_NOT_FOUND'])
  assert.deepEqual(await refused(PLAY, { room: 'hall', sdp: play }), ['NOTHING_LIVE'])
})

test('a token may open, patch and close what its grants and limits are for', async () => {
  const { secret: publisher } = await server.runtime.core.tokens.create({
    name: 'one room',
    grants: ['PUBLISH'],
    app: 'live',
    room: 'live-yard',
  })
  const player = await tokenWith(server, 'PLAY')
  const opened = await server.graphqlRaw<{ opened: Opened }>(PUBLISH, { room: 'yard', sdp: publish }, publisher)
  const id = opened.data?.opened.session.id
  assert.ok(id)
  assert.deepEqual(await refused(PUBLISH, { room: 'elsewhere', sdp: publish }, publisher), ['FORBIDDEN'])
  assert.deepEqual(await refused(PUBLISH, { room: 'elsewhere', sdp: publish }, player), ['FORBIDDEN'])
  assert.deepEqual(await refused(PLAY, { room: 'yard', sdp: play }, publisher), ['FORBIDDEN'])
  assert.deepEqual(await refused(CLOSE, { id }, player), ['FORBIDDEN'])
  assert.deepEqual(await refused(CLOSE, { id }, publisher), [])
})

test('a session is the same over HTTP and GraphQL', async () => {
  const { session } = await post(`${server.url}/whip/live/both`, publish)
  const id = session.split('/').at(-1)
  await server.graphql(CLOSE, { id })
  assert.equal((await fetch(session)).status, 404)
})
