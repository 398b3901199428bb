import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSigner } from 'fast-jwt'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

const KEY = { LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'a secret that is long enough for anybody' }

let server: TestRuntime
before(async () => {
  server = await TestRuntime.start({ env: { ...KEY, PUBLIC_URL: 'https://media.example.com' } })
})
after(() => server[Symbol.asyncDispose]())

type Body = { data: Record<string, string> & { token: string } } & { message?: unknown; statusCode?: number }

async function call(method: string, path: string, body?: unknown, token: string | undefined = TEST_TOKEN) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

function claimsIn(token: string) {
  const [header = '', payload = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  assert.equal(read(header).alg, 'HS256')
  return read(payload) as { iss: string; sub: string; nbf: number; exp: number; video: Record<string, unknown> } & Record<string, unknown>
}

test('an empty body mints a publisher of the own room of the app', async () => {
  const { status, body } = await call('POST', '/apps/live/tokens')
  assert.equal(status, 201)
  const { token, identity, ...data } = body.data
  assert.match(identity ?? '', /^anon-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const iframe =
    '<iframe src="https://media.example.com/embed/live/live" width="640" height="360" allow="autoplay; fullscreen; camera; microphone" allowfullscreen></iframe>'
  assert.deepEqual(data, {
    app: 'live',
    room: 'live',
    hidden: false,
    audioOnly: false,
    adaptive: true,
    wsUrl: 'wss://media.example.com',
    playUrl: 'https://media.example.com/play/live/live',
    embedUrl: 'https://media.example.com/embed/live/live',
    iframe,
  })
  const { nbf, exp, metadata, ...claims } = claimsIn(token)
  assert.equal(exp - nbf, 6 * 3_600)
  assert.deepEqual(claims, {
    iss: 'devkey',
    sub: identity,
    video: { roomJoin: true, room: 'live', canPublish: true, canSubscribe: true, canPublishData: true, hidden: false, roomRecord: false },
  })
  assert.deepEqual(JSON.parse(metadata as string), {
    streamhub: {
      simulcast: {
        adaptiveStream: true,
        simulcast: true,
        layers: [
          { name: 'high', height: 720 },
          { name: 'med', height: 480 },
          { name: 'low', height: 240 },
        ],
      },
    },
  })
})

test('what is asked for stands in the claims', async () => {
  const mint = async (body: unknown) => claimsIn((await call('POST', '/apps/live/tokens', body)).body.data.token)
  const ada = await mint({
    room: 'demo',
    identity: 'ada',
    name: 'Ada',
    ttl: '10m',
    metadata: '{"seat":7}',
    canSubscribe: false,
    audioOnly: true,
  })
  assert.equal(ada.sub, 'ada')
  assert.equal(ada.name, 'Ada')
  assert.equal(ada.exp - ada.nbf, 600)
  assert.equal(JSON.parse(ada.metadata as string).seat, 7)
  assert.deepEqual(ada.video, {
    roomJoin: true,
    room: 'live-demo',
    canPublish: true,
    canSubscribe: false,
    canPublishData: true,
    hidden: false,
    roomRecord: false,
    canPublishSources: ['microphone'],
  })
  assert.equal((await mint({ room: 'live-demo' })).video.room, 'live-demo')
  assert.equal(JSON.parse((await mint({ metadata: 'just text' })).metadata as string)._raw, 'just text')
  for (const body of [{ hidden: true }, { recorder: true }]) assert.equal((await mint(body)).video.canPublish, false)
  const { video } = await mint({ hidden: true, recorder: true, canPublish: true })
  assert.deepEqual([video.canPublish, video.hidden, video.roomRecord], [true, true, true])
})

test('the app decides about hiding, and whether metadata is added to', async () => {
  const { core } = server.runtime
  await core.apps.create('quiet', { config: { features: { hiddenQc: false, adaptivePlayer: false } } })
  const { body } = await call('POST', '/apps/quiet/tokens', { hidden: true, metadata: 'as it is' })
  assert.deepEqual([body.data.hidden, body.data.adaptive], [false, false])
  const { video, metadata } = claimsIn(body.data.token)
  assert.deepEqual([video.hidden, video.canPublish, metadata], [false, true, 'as it is'])
})

test('bad fields are refused by name', async () => {
  const long = 'x'.repeat(2_001)
  for (const [body, field] of [
    [{ ttl: 'soon' }, 'ttl'],
    [{ ttl: '0s' }, 'ttl'],
    [{ ttl: '99999d' }, 'ttl'],
    [{ room: 'no spaces' }, 'room'],
    [{ room: 'x'.repeat(121) }, 'room'],
    [{ identity: 'x'.repeat(121) }, 'identity'],
    [{ identity: 'a\nb' }, 'identity'],
    [{ name: 'x'.repeat(121) }, 'name'],
    [{ metadata: long }, 'metadata'],
    [{ canPublish: 'no' }, 'canPublish'],
  ] as const) {
    const { status, body: refusal } = await call('POST', '/apps/live/tokens', body)
    assert.equal(status, 400, field)
    assert.ok((refusal.message as string[])[0]?.startsWith(field), JSON.stringify(refusal))
  }
  assert.equal((await call('POST', '/apps/live/tokens', '{')).status, 400)
  assert.equal((await call('POST', '/apps/nope/tokens')).status, 404)
  assert.equal((await call('POST', '/apps/live/tokens', {}, 'wrong')).status, 401)
  const join = (await call('POST', '/apps/live/tokens')).body.data.token
  assert.equal((await call('POST', '/apps/live/tokens', {}, join)).status, 401)
})

test('what lets publish counts against the quota of whoever has one', async () => {
  const { core } = server.runtime
  await core.tenants.create('acme', { maxConcurrentStreams: 0 })
  await core.apps.create('acme-app', { tenant: 'acme' })
  const caller = { id: 'ada', kind: 'USER', grants: ['MANAGE'], tenant: 'acme', metered: true } as const
  const exceeded = { code: 'QUOTA_EXCEEDED', details: { metric: 'maxConcurrentStreams', limit: 0, used: 0 } }
  assert.throws(() => core.joinTokens.create({ app: 'acme-app' }, caller), exceeded)
  await assert.rejects(core.ingresses.create({ protocol: 'RTMP', app: 'acme-app' }, caller), exceeded)
  assert.ok(core.joinTokens.create({ app: 'acme-app', canPublish: false }, caller).token)
  assert.equal((await call('POST', '/apps/acme-app/tokens')).status, 201, 'an API token has no quota')
})

test('anybody gets tokens to watch and to listen, unless the app says otherwise', async () => {
  for (const [path, mode, who] of [
    ['play-token/demo', 'viewer', /^viewer-[0-9a-f]{8}$/],
    ['radio/demo/listen-token', 'listener', /^listener-[0-9a-f]{8}$/],
  ] as const) {
    const { status, body } = await call('GET', `/apps/live/${path}`, undefined, '')
    assert.equal(status, 200)
    const { token, ...data } = body.data
    assert.deepEqual(data, { app: 'live', room: 'live-demo', wsUrl: 'wss://media.example.com', mode })
    const { sub, nbf, exp, video, metadata } = claimsIn(token)
    assert.match(sub, who)
    assert.equal(exp - nbf, 6 * 3_600)
    assert.equal(metadata, undefined)
    assert.deepEqual(video, {
      roomJoin: true,
      room: 'live-demo',
      canPublish: false,
      canSubscribe: true,
      canPublishData: false,
      hidden: true,
      roomRecord: false,
    })
    assert.equal((await call('GET', `/apps/live/${path.replace('demo', 'de%20mo')}`, undefined, '')).status, 400)
  }
  const { core } = server.runtime
  const listener = core.joinTokens.verify(core.joinTokens.createForListening('live', 'demo').token)
  assert.ok(listener)
  const place = { app: core.apps.get('live'), room: 'live-demo' }
  assert.deepEqual(
    [core.access.allows(listener, 'PLAY', place), core.access.allows(listener, 'PLAY', { ...place, kind: 'video' })],
    [true, false],
  )
  await server.runtime.core.apps.create('closed', { config: { features: { publicPlayback: false } } })
  for (const path of ['play-token/demo', 'radio/demo/listen-token']) {
    assert.equal((await call('GET', `/apps/closed/${path}`, undefined, '')).status, 404)
    assert.equal((await call('GET', `/apps/nope/${path}`, undefined, '')).status, 404)
  }
})

test('a token of LiveKit’s own SDKs is understood; one that is not ours, over, early or for no room is not', () => {
  const { joinTokens } = server.runtime.core
  const now = Math.floor(Date.now() / 1_000)
  const ada = { iss: 'devkey', sub: 'ada', exp: now + 60, video: { roomJoin: true, room: 'live-demo', roomAdmin: true, roomList: true } }
  const sign = (claims: object, key = KEY.LIVEKIT_API_SECRET, algorithm: 'HS256' | 'HS512' = 'HS256') =>
    createSigner({ key, algorithm })(claims as Record<string, unknown>)

  const caller = joinTokens.verify(sign(ada))
  assert.deepEqual(caller, {
    id: 'join:live-demo/ada',
    kind: 'JOIN',
    grants: ['PUBLISH', 'PLAY'],
    app: 'live',
    room: 'live-demo',
    joining: { identity: 'ada', hidden: false, audience: false, recorder: false, canPublishData: true },
  })
  const microphone = joinTokens.verify(sign({ ...ada, video: { ...ada.video, canPublishSources: ['MICROPHONE'], canSubscribe: false } }))
  assert.deepEqual([microphone?.grants, microphone?.joining?.publishes], [['PUBLISH'], ['audio']])
  const watching = joinTokens.verify(sign({ ...ada, video: { ...ada.video, canPublish: false } }))
  assert.deepEqual([watching?.grants, watching?.joining?.canPublishData], [['PLAY'], false])
  assert.deepEqual(joinTokens.verify(sign({ ...ada, video: { ...ada.video, hidden: true } }))?.grants, ['PLAY'])
  assert.ok(joinTokens.verify(sign({ ...ada, nbf: now + 5 })), 'a clock that is a little ahead')

  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const wrong of [
    sign(ada, 'another secret that is long enough as well'),
    sign(ada, KEY.LIVEKIT_API_SECRET, 'HS512'),
    sign({ ...ada, iss: 'others' }),
    sign({ ...ada, exp: now - 1 }),
    sign({ ...ada, exp: undefined }),
    sign({ ...ada, nbf: now + 60 }),
    sign({ ...ada, sub: undefined }),
    sign({ ...ada, video: { roomJoin: true } }),
    sign({ ...ada, video: { roomList: true, room: 'live-demo' } }),
    `${none}.${sign(ada).split('.')[1]}.`,
    'a.b.c',
    '',
  ]) {
    assert.equal(joinTokens.verify(wrong), undefined, wrong)
  }
})
