import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { SYSTEM } from '../core/access/caller.ts'
import { TEST_TOKEN, type TestRuntime } from './harness.ts'
import { bearer, offer, post, startWhip } from './whip-support.ts'

type Line = Record<string, unknown> & { level: number; msg: string }

const linesOf = ({ log }: TestRuntime): Line[] => log.map((line) => JSON.parse(line) as Line)

/** The fields of the first line that says this, without its level and time. */
function told(server: TestRuntime, message: string): Record<string, unknown> | undefined {
  const line = linesOf(server).find(({ msg }) => msg === message)
  if (!line) return undefined
  const { level: _level, time: _time, msg: _msg, ...fields } = line
  return fields
}

test('what happens is logged with the same names for the same ids', async () => {
  await using server = await startWhip()
  const { core, host } = server.runtime
  const { ingress, streamKey } = await core.ingresses.create({ protocol: 'WHIP', app: 'live', room: 'yard' })
  const { session } = await post(`${server.url}/whip/live/yard`, await offer('obs-publish'), bearer(streamKey))
  const room = core.rooms.get('live-yard')
  const [participant] = room.publishers
  const [track] = room.tracks
  await fetch(session, { method: 'DELETE', headers: bearer(streamKey) })
  const place = { app: 'live', room: 'live-yard' }
  const who = { ...place, participant: participant?.id }

  assert.deepEqual(told(server, 'room opened'), { ...place, mediaWorker: 0 })
  assert.deepEqual(told(server, 'participant joined'), { ...who, identity: 'publisher', kind: 'WHIP', from: '127.0.0.1' })
  assert.deepEqual(told(server, 'track published'), { ...who, track: track?.id, kind: track?.kind, codec: track?.codec })
  assert.deepEqual(told(server, 'track unpublished'), { ...who, track: track?.id, codec: track?.codec, reason: 'LEFT' })
  assert.deepEqual(told(server, 'participant left'), { ...who, reason: 'LEFT' })
  const door = { ...place, ingress: ingress.id, protocol: 'WHIP', identity: 'publisher' }
  assert.deepEqual(told(server, 'ingress created'), door)
  assert.deepEqual(told(server, 'ingress is live'), { ...door, participant: participant?.id })
  assert.deepEqual(told(server, 'ingress is idle'), door)
  assert.deepEqual(told(server, 'plugin is running'), { plugin: 'whip', state: 'RUNNING' })

  room.close('REQUESTED')
  assert.deepEqual(told(server, 'room closed'), { ...place, reason: 'REQUESTED' })
  await host.get('whip').disable()
  assert.deepEqual(told(server, 'plugin is disabled'), { plugin: 'whip', state: 'DISABLED' })
})

test('viewers and tasks are told at debug, which can be switched on while the server runs', async () => {
  await using server = await startWhip()
  const { core } = server.runtime
  const { participant } = await core.ingresses.accept({ protocol: 'TEST', app: 'live', key: 'yard', caller: SYSTEM })
  participant.room.admit({ kind: 'TEST' }).close('LEFT')
  assert.equal(told(server, 'viewer joined'), undefined)
  await server.graphql('mutation { setLogLevel(level: DEBUG) { logLevel } }')
  const viewer = participant.room.admit({ kind: 'TEST' })
  viewer.close('LEFT')
  assert.deepEqual(told(server, 'viewer joined'), { app: 'live', room: 'live-yard', viewer: viewer.id, kind: 'TEST' })
  const task = core.tasks.open({ type: 'PIPELINE', name: 'transcoding', owner: 'rtmp' })
  task.failed(new Error('no encoder'))
  const said = { task: task.id, plugin: 'rtmp', type: 'PIPELINE', name: 'transcoding' }
  assert.deepEqual(told(server, 'task is failed'), { ...said, reason: 'no encoder' })
})

test('whoever manages is named, with what was changed and without its values', async () => {
  await using server = await startWhip()
  const { core } = server.runtime
  const [{ id: caller } = { id: '' }] = core.tokens.list()
  await server.graphql('mutation { createApp(name: "shop") { name } }')
  const managed = { caller, from: '127.0.0.1', action: 'createApp', target: { name: 'shop' } }
  assert.deepEqual(told(server, 'managed'), managed)
  assert.equal(told(server, 'app created')?.app, 'shop')
  await server.graphqlRaw('mutation { createApp(name: "shop") { name } }')
  assert.equal(linesOf(server).filter(({ msg }) => msg === 'managed').length, 1)
})

test('a media worker that died and was replaced is told by its number', async () => {
  await using server = await startWhip()
  const { workers, events } = server.runtime.core
  const replaced = once(events, 'mediaWorker.replaced')
  process.kill(workers.pick().pid, 'SIGKILL')
  await replaced
  assert.equal(told(server, 'media worker died')?.mediaWorker, 0)
  assert.deepEqual(told(server, 'media worker replaced'), { mediaWorker: 0, pid: workers.pick().pid })
})

test('at the most talkative level no secret is in the log', async () => {
  const secrets = [TEST_TOKEN]
  await using server = await startWhip({
    LOG_LEVEL: 'trace',
    TURN_URLS: 'turn:192.0.2.1',
    TURN_USERNAME: 'u',
    TURN_PASSWORD: 'turn-hunter2',
  })
  secrets.push('turn-hunter2')
  type Created = { createToken: { secret: string }; createIngress: { streamKey: string } }
  const { createToken, createIngress } = await server.graphql<Created>(`mutation {
    createToken(name: "camera", grants: [PUBLISH]) { secret }
    createIngress(protocol: "WHIP", app: "live", room: "yard") { streamKey }
  }`)
  secrets.push(createToken.secret, createIngress.streamKey)
  const sdp = await offer('obs-publish')

  // In the header, in the path, in the query, and with what can not be served.
  const byHeader = await post(`${server.url}/whip/live/yard`, sdp, bearer(createIngress.streamKey))
  const passwords = [sdp, await byHeader.text()].map((text) => /a=ice-pwd:(\S+)/.exec(text)?.[1] ?? assert.fail('no password'))
  secrets.push(...passwords, new URL(byHeader.session).pathname.split('/').at(-1)!)
  await fetch(byHeader.session, { method: 'DELETE', headers: bearer(createIngress.streamKey) })
  const byPath = await post(`${server.url}/whip/live/${createIngress.streamKey}`, sdp)
  assert.equal(byPath.status, 201)
  await fetch(byPath.session, { method: 'DELETE' })
  await post(`${server.url}/whip/live/yard?token=${createToken.secret}`, sdp.replaceAll('a=fingerprint', 'a=nothing'))
  await post(`${server.url}/whip/live/yard`, sdp, bearer('a-key-that-nobody-knows'))
  secrets.push('a-key-that-nobody-knows')
  await fetch(`${server.url}/graphql?query={apps{name}}&token=${TEST_TOKEN}`)

  assert.ok(server.log.length > 10)
  for (const secret of secrets) assert.ok(!server.log.join('').includes(secret), secret)
})
