import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SYSTEM } from '../core/access/caller.ts'
import type { JoinTokenRequest } from '../core/access/join-tokens.ts'
import type { TestRuntime } from './harness.ts'
import { CONSUME, JOIN, type Joined, joined, opus, PRODUCE, PRODUCE_DATA, TestCaller, TRANSPORT } from './signalling-support.ts'
import { bearer, offer, post, startWhip } from './whip-support.ts'

let server: TestRuntime
let publish: string
let play: string
before(async () => {
  server = await startWhip()
  const { apps } = server.runtime.core
  await apps.update('live', { features: { publicPlayback: true }, publishing: { open: false } })
  await apps.create('closed', { config: { features: { publicPlayback: false } } })
  ;[publish, play] = await Promise.all([offer('chromium-publish'), offer('chromium-play')])
})
after(() => server[Symbol.asyncDispose]())

const mint = (request: Partial<JoinTokenRequest>) =>
  server.runtime.core.joinTokens.create({ app: 'live', room: 'studio', identity: 'ada', ...request }, SYSTEM).token
const whip = (room: string, token: string) => post(`${server.url}/whip/live/${room}`, publish, bearer(token))
const room = (name: string) => server.runtime.core.rooms.find(name)

/** A camera with picture and sound, until it is let go. */
async function camera(name: string, app = 'live') {
  const { status, session } = await post(
    `${server.url}/whip/${app}/${name}`,
    publish,
    bearer(mint({ app, room: name, identity: 'camera' })),
  )
  assert.equal(status, 201)
  return {
    [Symbol.asyncDispose]: async () => void (await fetch(session, { method: 'DELETE', headers: bearer(mint({ app, room: name })) })),
  }
}

/** The offer without its picture. */
function soundOf(sdp: string): string {
  const [session = '', ...sections] = sdp.split(/(?=^m=)/m)
  const sound = sections.filter((section) => section.startsWith('m=audio'))
  const mids = sound.map((section) => /a=mid:(\S+)/.exec(section)?.[1]).join(' ')
  return [session.replace(/a=group:BUNDLE .*/, `a=group:BUNDLE ${mids}`), ...sound].join('')
}

test('WHIP: a join token says who publishes, and where', async () => {
  const { name: app } = server.runtime.core.apps.get('live')
  const token = mint({ name: 'Ada', metadata: '{"seat":7}' })
  const { status, session } = await post(`${server.url}/whip/${app}/studio?identity=eve`, publish, bearer(token))
  assert.equal(status, 201)
  const ada = room('live-studio')?.find('ada')
  assert.deepEqual([ada?.name, JSON.parse(ada?.metadata ?? '{}').seat, ada?.kind], ['Ada', 7, 'WHIP'])
  assert.equal(room('live-studio')?.find('eve'), undefined)
  assert.equal((await whip('yard', token)).status, 403, 'another room')
  assert.equal((await fetch(session, { method: 'DELETE', headers: bearer(token) })).status, 200)

  const short = await post(`${server.url}/whip/live`, publish, bearer(token))
  assert.equal(short.status, 201)
  assert.match(short.session, /\/whip\/live\/live-studio\/SE_/)
  assert.equal((await fetch(short.session, { method: 'DELETE', headers: bearer(token) })).status, 200)
})

test('who comes back with a token for the same identity replaces themselves, and nobody else', async () => {
  const { status, session } = await whip('again', mint({ room: 'again' }))
  assert.equal(status, 201)
  const first = room('live-again')?.find('ada')
  const renewed = await whip('again', mint({ room: 'again' }))
  assert.equal(renewed.status, 201)
  assert.equal(first?.left, true)
  assert.equal((await fetch(session, { headers: bearer(mint({ room: 'again' })) })).status, 404)
  await new TestCaller(server, mint({ room: 'again' })).run(JOIN, { room: 'live-again' })
  assert.deepEqual(
    [...(room('live-again')?.participants.values() ?? [])].map(({ kind }) => kind),
    ['WEBRTC'],
  )
  const { streamKey } = await server.runtime.core.ingresses.create({ protocol: 'WHIP', app: 'live', room: 'again', identity: 'ada' })
  assert.equal((await whip('again', streamKey)).status, 409)
})

test('WHIP: what a token does not let publish is refused before anybody is let in', async () => {
  const joinings: string[] = []
  const heard = ({ identity }: { identity: string }) => void joinings.push(identity)
  server.runtime.core.events.on('participant.joined', heard)
  const microphone = mint({ identity: 'mic', audioOnly: true })
  for (const token of [microphone, mint({ canPublish: false }), mint({ hidden: true, canPublish: true })]) {
    assert.equal((await whip('studio', token)).status, 403)
  }
  assert.deepEqual(joinings, [])
  const { status, session } = await post(`${server.url}/whip/live/studio`, soundOf(publish), bearer(microphone))
  assert.equal(status, 201)
  assert.deepEqual(joinings, ['mic'])
  server.runtime.core.events.off('participant.joined', heard)
  await fetch(session, { method: 'DELETE', headers: bearer(microphone) })
})

test('WHEP: a play token lets watch what is closed, a listen token only hears, and both count', async () => {
  const { core } = server.runtime
  await using _live = await camera('hall')
  await using _closed = await camera('hall', 'closed')
  const { token: watching } = core.joinTokens.createForPlaying('live', 'hall')
  const { token: listening } = core.joinTokens.createForListening('live', 'hall')
  const closed = mint({ app: 'closed', room: 'hall', canPublish: false })
  const whep = (path: string, headers = {}) => post(`${server.url}/whep/${path}`, play, headers)

  assert.equal((await whep('closed/hall')).status, 401)
  assert.equal((await whep('closed/hall', bearer(closed))).status, 201)
  assert.equal((await whep(`closed/hall?token=${closed}`)).status, 201)
  assert.equal((await whep('closed/hall', bearer(watching))).status, 403, 'a token of another app')
  assert.equal((await whep('live/studio', bearer(watching))).status, 403, 'another room')
  assert.equal((await whep('live/hall', bearer(mint({ room: 'hall', canSubscribe: false })))).status, 403)

  const kinds = () =>
    [...(room('live-hall')?.viewers.values() ?? [])].map(({ plays }) => [...plays.values()].map(({ kind }) => kind).sort())
  assert.equal((await whep('live/hall', bearer(watching))).status, 201)
  assert.equal((await whep('live/hall', bearer(listening))).status, 201)
  assert.deepEqual(kinds(), [['audio', 'video'], ['audio']])
  assert.equal((await whep('live/hall', bearer(mint({ room: 'hall', hidden: true })))).status, 201)
  const count = '{ room(name: "live-hall") { viewerCount viewers { edges { node { id } } } } }'
  const { room: seen } = await server.graphql<{ room: { viewerCount: number; viewers: { edges: unknown[] } } }>(count)
  assert.deepEqual([seen.viewerCount, seen.viewers.edges.length], [2, 3], 'who is hidden counts for nothing, and is shown to observers')
})

test('GraphQL: identity, kinds and data are what the token says', async () => {
  const as = (request: Partial<JoinTokenRequest>) => new TestCaller(server, mint({ room: 'meeting', ...request }))
  const ada = as({ identity: 'ada', name: 'Ada', audioOnly: true })
  const { participant } = await ada.run<Joined>(JOIN, { room: 'live-meeting', identity: 'eve', name: 'Eve' })
  assert.deepEqual([participant.identity, participant.name], ['ada', 'Ada'])
  assert.equal(await ada.refusal(JOIN, { room: 'live-studio' }), 'FORBIDDEN')
  const { id: transportId } = await ada.run<{ id: string }>(TRANSPORT, { participantId: participant.id })
  assert.equal(await ada.refusal(PRODUCE, { transportId, kind: 'video', rtpParameters: opus(1) }), 'FORBIDDEN')
  await ada.run(PRODUCE, { transportId, kind: 'audio', rtpParameters: opus(2) })

  const sctpStreamParameters = { streamId: 1, ordered: true }
  const bob = as({ identity: 'bob', canPublish: false })
  const watching = await joined(bob, 'live-meeting', 'bob')
  assert.equal(await bob.refusal(PRODUCE, { transportId: watching.transportId, kind: 'audio', rtpParameters: opus(3) }), 'FORBIDDEN')
  await bob.run(PRODUCE_DATA, { transportId: watching.transportId, sctpStreamParameters, label: 'chat' })

  await using _camera = await camera('meeting')
  const { joinTokens } = server.runtime.core
  const tracks = room('live-meeting')?.find('camera')?.tracks.values() ?? []
  const [sound, picture] = [...tracks].sort((a, b) => a.kind.localeCompare(b.kind)).map(({ id }) => id)
  const viewer = new TestCaller(server, joinTokens.createForPlaying('live', 'meeting').token)
  const seeing = await joined(viewer, 'live-meeting', 'viewer')
  assert.equal(await viewer.refusal(PRODUCE_DATA, { transportId: seeing.transportId, sctpStreamParameters }), 'FORBIDDEN')
  await viewer.run(CONSUME, { transportId: seeing.transportId, producerId: picture, rtpCapabilities: seeing.capabilities })

  const listener = new TestCaller(server, joinTokens.createForListening('live', 'meeting').token)
  const { transportId: heard, capabilities: rtpCapabilities } = await joined(listener, 'live-meeting', 'listener')
  assert.equal(await listener.refusal(CONSUME, { transportId: heard, producerId: picture, rtpCapabilities }), 'FORBIDDEN')
  await listener.run(CONSUME, { transportId: heard, producerId: sound, rtpCapabilities })
})

test('GraphQL: nobody is told of who is hidden but they themselves and observers', async () => {
  const guest = new TestCaller(server, mint({ room: 'secret', identity: 'guest' }))
  const quality = new TestCaller(server, mint({ room: 'secret', identity: 'qc', hidden: true }))
  const manager = new TestCaller(server)
  await joined(guest, 'live-secret', 'guest')
  const events = 'subscription { participantEvents(room: "live-secret") { change participant { identity } } }'
  await using following = guest.follow<{ change: string; participant: { identity: string } }>(events)
  assert.equal((await following.next())?.participant.identity, 'guest')
  await joined(quality, 'live-secret', 'qc')
  await joined(new TestCaller(server, mint({ room: 'secret', identity: 'late' })), 'live-secret', 'late')
  assert.equal((await following.next())?.participant.identity, 'late')

  const { id } = room('live-secret')?.find('guest') ?? {}
  const LEAVE =
    'mutation ($id: ID!) { leaveRoom(participantId: $id) { room { participants { identity } hidden: participant(identity: "qc") { identity } } } }'
  const identities = ({ participants }: { participants: { identity: string }[] }) => participants.map(({ identity }) => identity)
  type Left = { room: { participants: { identity: string }[]; hidden: unknown } }
  const left = await guest.run<Left>(LEAVE, { id })
  assert.deepEqual([identities(left.room), left.room.hidden], [['late'], null])
  const seen = await manager.run<{ participants: { identity: string }[] }>('{ room(name: "live-secret") { participants { identity } } }')
  assert.deepEqual(identities(seen), ['qc', 'late'])
})
