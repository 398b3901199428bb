import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import type { Change } from '../core/events/events.ts'
import type { Ingress } from '../core/ingress/ingress.ts'
import type { Log } from '../core/kernel/log.ts'
import type { Participant } from '../core/room/participant.ts'
import { Ffmpeg, type RtmpGround, startRtmp } from '../plugins/rtmp/test-encoders.ts'
import { CorePort } from '../runtime/host/core-port.ts'
import { CallbackReceiver } from './callback-receiver.ts'
import { TEST_TOKEN } from './harness.ts'

let ground: RtmpGround
before(async () => {
  ground = await startRtmp({}, { env: { PUBLIC_URL: 'https://media.example.com', RTMP_PORT: '1935', ALLOW_PRIVATE_ADDRESSES: 'true' } })
})
after(() => ground[Symbol.asyncDispose]())

type Row = Record<string, unknown> & { ingressId: string; streamKey: string; rtmp_url: string }
type Reply = { data: Row & Row[]; total: number; limit: number; offset: number; message?: unknown }

async function call(method: string, path: string, body?: unknown, token = TEST_TOKEN) {
  const response = await fetch(`${ground.runtime.url}/api/v1/apps${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Reply }
}

const create = async (app: string, body: object) => {
  const { status, body: created } = await call('POST', `/${app}/ingress`, body)
  assert.equal(status, 201, JSON.stringify(created))
  return created.data
}

const ignore = () => {}
const quiet: Log = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore, fatal: ignore, child: () => quiet }

/** Where our own RTMP port is, instead of the documented one. */
const local = (rtmpUrl: string) => rtmpUrl.replace('rtmp://media.example.com:1935', ground.url)

/** Asks for a row until it is as wanted. */
async function rowOf(app: string, id: string, isWanted: (row: Row) => boolean): Promise<Row> {
  for (const deadline = Date.now() + 15_000; ; ) {
    const { data } = (await call('GET', `/${app}/ingress/${id}`)).body
    if (isWanted(data)) return data
    assert.ok(Date.now() < deadline, JSON.stringify(data))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('an ingress is created with what an encoder needs', async () => {
  const { ingressId, streamKey, ...row } = await create('live', { inputType: 'rtmp', room: 'demo' })
  assert.match(ingressId, /^IN_/)
  assert.match(streamKey, /^sk-[\w-]{24}$/)
  assert.deepEqual(row, {
    url: 'rtmp://media.example.com:1935/live',
    rtmp_url: `rtmp://media.example.com:1935/live/${streamKey}`,
    stream_key: streamKey,
    roomName: 'live-demo',
    requires_password: false,
    adaptive: true,
    player_url: 'https://media.example.com/play/live/live-demo',
    embed_iframe:
      '<iframe src="https://media.example.com/embed/live/live-demo" width="640" height="360" allow="autoplay; fullscreen; camera; microphone" allowfullscreen></iframe>',
  })
  const whip = await create('live', { inputType: 'whip' })
  assert.deepEqual([whip.url, whip.roomName, whip.rtmp_url], ['https://media.example.com/whip/live', 'live', undefined])
  const pulled = await create('live', { inputType: 'url', url: 'rtsp://user:secret@camera.local/stream', participantIdentity: 'gate' })
  assert.equal(pulled.url, 'rtsp://user:secret@camera.local/stream')

  const { list } = ground.runtime.runtime.core.ingresses
  const identities = list.call(ground.runtime.runtime.core.ingresses).map(({ identity }) => identity)
  assert.deepEqual(identities, ['ingress-live', 'ingress-live', 'gate'])
  await create('live', { inputType: 'rtmp', room: 'demo' })
  assert.ok(ground.runtime.runtime.core.ingresses.list().some(({ identity }) => identity === 'ingress-live-2'))
})

test('rows are found by room and by words, a page at a time, in their own app only', async () => {
  const { core } = ground.runtime.runtime
  await core.apps.create('gallery')
  const made: Row[] = []
  for (const room of ['east', 'west', 'gallery-west']) made.push(await create('gallery', { inputType: 'rtmp', room }))
  const list = async (query = '') => (await call('GET', `/gallery/ingress${query}`)).body
  const { data, ...page } = await list()
  assert.deepEqual(page, { total: 3, limit: 50, offset: 0 })
  const { ingressId, streamKey, rtmp_url, ...row } = data[0]!
  assert.deepEqual(
    [ingressId, streamKey, rtmp_url],
    [made[0]?.ingressId, made[0]?.streamKey, `rtmp://media.example.com:1935/live/${streamKey}`],
  )
  assert.deepEqual(row, {
    url: 'rtmp://media.example.com:1935/live',
    roomName: 'gallery-east',
    name: 'gallery-gallery-east',
    inputType: 'rtmp',
    status: 'inactive',
    startedAt: null,
    room: 'gallery-east',
    stream_key: streamKey,
    viewers: null,
    requires_password: false,
  })
  for (const [query, total, count, limit, offset] of [
    ['?room=west', 2, 2, 50, 0],
    ['?room=gallery-west&limit=1', 2, 1, 1, 0],
    ['?q=EAST', 1, 1, 50, 0],
    ['?limit=9999&offset=-3', 3, 3, 500, 0],
    ['?limit=0&offset=2', 3, 1, 1, 2],
    ['?q=nothing', 0, 0, 50, 0],
  ] as const) {
    const found = await list(query)
    assert.deepEqual([found.total, found.data.length, found.limit, found.offset], [total, count, limit, offset], query)
  }
  assert.equal((await call('GET', '/gallery/ingress?limit=abc')).status, 400)

  const path = `/live/ingress/${made[0]?.ingressId}`
  for (const [method, where] of [
    ['GET', path],
    ['DELETE', path],
    ['GET', '/live/ingress/IN_none'],
  ] as const) {
    assert.equal((await call(method, where)).status, 404)
  }
  assert.equal((await call('POST', `${path}/validate`, { password: 'x' })).status, 404)
  const own = `/gallery/ingress/${made[0]?.ingressId}`
  const deleted = await call('DELETE', own)
  assert.deepEqual([deleted.status, deleted.body.data], [200, { ingressId: made[0]?.ingressId, deleted: true }])
  assert.equal((await call('DELETE', own)).status, 404)

  await core.apps.delete('gallery', { recordings: true })
  assert.deepEqual(
    core.ingresses.list().filter(({ app }) => app === 'gallery'),
    [],
  )
})

test('bad fields are refused by name', async () => {
  for (const [body, field] of [
    [{}, 'inputType'],
    [{ inputType: 'srt' }, 'inputType'],
    [{ inputType: 'url' }, 'url'],
    [{ inputType: 'url', url: 'nowhere' }, 'url'],
    [{ inputType: 'url', url: 'file:///etc/passwd' }, 'url'],
    [{ inputType: 'rtmp', room: 'a b' }, 'room'],
    [{ inputType: 'rtmp', participantIdentity: 'x'.repeat(121) }, 'participantIdentity'],
    [{ inputType: 'rtmp', enableTranscoding: 'yes' }, 'enableTranscoding'],
  ] as const) {
    const { status, body: refusal } = await call('POST', '/live/ingress', body)
    assert.equal(status, 400, field)
    assert.ok((refusal.message as string[])[0]?.startsWith(field), JSON.stringify(refusal))
  }
})

test('what an encoder sends shows in the row, also of an app that its URL does not name', async () => {
  const { core } = ground.runtime.runtime
  await core.apps.create('shop')
  const { ingressId, rtmp_url } = await create('shop', { inputType: 'rtmp', room: 'window', participantName: 'Window' })
  await using camera = new Ffmpeg(local(rtmp_url))
  const row = await rowOf(
    'shop',
    ingressId,
    ({ status, width, bitrate }) => status === 'publishing' && width !== undefined && Number(bitrate) > 0,
  )
  assert.deepEqual([row.width, row.height, row.viewers], [640, 360, 0])
  assert.ok(!Number.isNaN(Date.parse(String(row.startedAt))))
  const publisher = core.rooms.find('shop-window')?.find('ingress-shop')
  assert.deepEqual([publisher?.name, publisher?.kind], ['Window', 'RTMP'])

  const exited = camera.exited
  assert.equal((await call('DELETE', `/shop/ingress/${ingressId}`)).status, 200)
  assert.notEqual((await exited).code, 0, 'its encoder was not disconnected')
  assert.ok(!ground.runtime.log.join('').includes(ingressId.replace('IN_', 'sk-')))
})

test('a password goes with the stream key, or was shown before; else the push is refused and the ingress stays', async () => {
  const { core } = ground.runtime.runtime
  await using receiver = await CallbackReceiver.start()
  await core.apps.create('vault', { config: { features: { rtmpPassword: true }, callbacks: { url: receiver.url } } })
  const {
    ingressId,
    rtmp_url,
    streamKey,
    stream_password: password,
    requires_password,
  } = await create('vault', { inputType: 'rtmp', room: 'in' })
  assert.match(String(password), /^[\w-]{16}$/)
  assert.equal(requires_password, true)
  const { data } = (await call('GET', `/vault/ingress/${ingressId}`)).body
  assert.deepEqual([data.requires_password, data.stream_password], [true, undefined])

  for (const query of ['', '?password=wrong']) {
    const refused = once(core.events, 'ingress.refused') as Promise<[Ingress, string]>
    await using camera = new Ffmpeg(local(rtmp_url) + query, { seconds: 5 })
    const [ingress, reason] = await refused
    assert.deepEqual([ingress.id, reason], [ingressId, 'unauthorized_rtmp_password'])
    assert.notEqual((await camera.exited).code, 0)
  }
  for (const { json } of await receiver.received(2)) {
    assert.deepEqual([json.event, json.data.reason, json.data.ingressId], ['stream_ended', 'unauthorized_rtmp_password', ingressId])
  }
  assert.equal((await call('GET', `/vault/ingress/${ingressId}`)).body.data.status, 'inactive')
  await using unknown = new Ffmpeg(`${ground.url}/live/${streamKey.slice(0, -1)}_?password=${password}`, { seconds: 5 })
  assert.notEqual((await unknown.exited).code, 0)

  await using camera = new Ffmpeg(`${local(rtmp_url)}?stream_password=${password}`)
  await rowOf('vault', ingressId, ({ status }) => status === 'publishing')
  await camera.stop()
  await rowOf('vault', ingressId, ({ status }) => status === 'inactive')

  const validate = async (body: object, app = 'vault', id = ingressId) => call('POST', `/${app}/ingress/${id}/validate`, body)
  assert.deepEqual((await validate({ password: 'wrong' })).body.data, { ingressId, valid: false })
  const right = await validate({ password })
  assert.deepEqual([right.status, right.body.data], [201, { ingressId, valid: true }])
  assert.equal((await validate({})).status, 400)
  assert.equal((await validate({ password: 'x'.repeat(257) })).status, 400)
  await using trusted = new Ffmpeg(local(rtmp_url))
  await rowOf('vault', ingressId, ({ status }) => status === 'publishing')
  await trusted.stop()

  const { ingressId: open } = await create('live', { inputType: 'rtmp' })
  assert.deepEqual((await validate({ password: 'any' }, 'live', open)).body.data, { ingressId: open, valid: true })
})

test('RTMP: a join token says who publishes, where, and what', async () => {
  const { core } = ground.runtime.runtime
  const mint = async (request: object) => (await call('POST', '/live/tokens', { room: 'stage', ...request })).body.data.token as string
  const ada = await mint({ identity: 'ada', name: 'Ada' })
  const joined = once(core.events, 'participant.joined') as Promise<[Participant]>
  await using camera = new Ffmpeg(`${ground.url}/live/stage/eve?token=${ada}`)
  const [{ identity, name, room }] = await joined
  assert.deepEqual([identity, name, room.name], ['ada', 'Ada', 'live-stage'])
  await camera.stop()
  const [silent, elsewhere, watching] = await Promise.all([mint({ audioOnly: true }), mint({}), mint({ canPublish: false })])
  for (const path of [`stage?token=${silent}`, `yard?token=${elsewhere}`, `stage?token=${watching}`]) {
    await using refused = new Ffmpeg(`${ground.url}/live/${path}`, { seconds: 8 })
    assert.notEqual((await refused.exited).code, 0, path.split('?', 1)[0])
  }
})

test('a plugin opens what is pulled, and says how it goes', async () => {
  const { core } = ground.runtime.runtime
  const port = new CorePort(core, [], quiet, { plugin: 'test', isUsedBy: () => true })
  const { ingresses } = port.api
  const changes: string[] = []
  const heard = ({ status }: Ingress, change: Change) => void changes.push(`${change} ${status}`)
  core.events.on('ingress.changed', heard)
  const { ingressId: id } = await create('live', { inputType: 'url', url: 'rtsp://camera.local/stream', participantName: 'Gate' })
  assert.ok(ingresses.list({ protocol: 'URL' }).some((one) => one.id === id))
  assert.ok(!ingresses.list({ protocol: 'RTMP' }).some((one) => one.id === id))
  assert.equal(ingresses.source(id), 'rtsp://camera.local/stream')

  ingresses.report(id, { status: 'ERROR', error: 'no route to host' })
  const asked = `{ ingress(id: "${id}") { status lastError } }`
  assert.deepEqual((await ground.runtime.graphql<{ ingress: object }>(asked)).ingress, { status: 'ERROR', lastError: 'no route to host' })
  const { participantId, identity } = await ingresses.admit(id)
  const { participant } = await ground.runtime.graphql<{ participant: object }>(`{ participant(id: "${participantId}") { name kind } }`)
  assert.deepEqual([identity.startsWith('ingress-live'), participant], [true, { name: 'Gate', kind: 'URL' }])
  port.close()
  await call('DELETE', `/live/ingress/${id}`)
  core.events.off('ingress.changed', heard)
  assert.deepEqual(changes, ['CREATED INACTIVE', 'CHANGED ERROR', 'CHANGED BUFFERING', 'CHANGED INACTIVE', 'DELETED INACTIVE'])
})
