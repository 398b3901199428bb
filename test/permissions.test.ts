import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import { TestRuntime } from './harness.ts'
import { codesOf, operationOf } from './permission-support.ts'

/** Who asks. All limited callers are limited to the app `acme`; every question is about the room `live-demo`, which is another's. */
const CALLERS = {
  PLAY: { grants: ['PLAY'] },
  PUBLISH: { grants: ['PUBLISH'] },
  OBSERVE: { grants: ['OBSERVE'] },
  'PLAY in acme': { grants: ['PLAY'], app: 'acme' },
  'OBSERVE in acme': { grants: ['OBSERVE'], app: 'acme' },
  'MANAGE in acme': { grants: ['MANAGE'], app: 'acme' },
  'everything in one room': { grants: ['OBSERVE', 'PLAY', 'PUBLISH'], app: 'acme', room: 'yard' },
} as const

const EVERYBODY = Object.keys(CALLERS) as (keyof typeof CALLERS)[]

/** What every question is about. */
const EXAMPLES = { app: 'live', room: 'live-demo', name: 'live-demo' }

/** Unless said here, queries and subscriptions want OBSERVE and mutations MANAGE. */
const LET_IN: Record<string, readonly (keyof typeof CALLERS)[]> = {
  'Query.tokens': [],
  'Query.me': EVERYBODY,
  'Query.playerPlugins': EVERYBODY,
  'Query.signUpAllowed': EVERYBODY,
  'Query.loginSessions': [],
  'Mutation.login': EVERYBODY,
  'Mutation.signUp': EVERYBODY,
  'Mutation.logout': EVERYBODY,
  'Query.health': EVERYBODY,
  'Query.serverStats': EVERYBODY,
  'Subscription.serverStatsEvents': EVERYBODY,
  'Query.gpu': EVERYBODY,
  'Query.settings': [],
  'Query.clusterInfo': [],
  // Their token says whether they may.
  'Mutation.joinCluster': EVERYBODY,
  'Mutation.heartbeat': EVERYBODY,
  // These answer with the lines that the caller may read.
  'Query.logs': ['OBSERVE', 'OBSERVE in acme', 'MANAGE in acme'],
  'Subscription.logTail': ['OBSERVE', 'OBSERVE in acme', 'MANAGE in acme'],
  // Whoever may watch without a credential, may have one.
  'Mutation.createPlayToken': EVERYBODY,
  'Mutation.createListenToken': EVERYBODY,
  'Query.apps': ['OBSERVE', 'OBSERVE in acme', 'MANAGE in acme'],
  // These answer with what the caller may play, which may be nothing.
  'Query.liveRooms': ['PLAY', 'PLAY in acme', 'MANAGE in acme', 'everything in one room'],
  'Subscription.liveRooms': ['PLAY', 'PLAY in acme', 'MANAGE in acme', 'everything in one room'],
  'Subscription.roomData': ['PLAY'],
  'Subscription.player': ['PLAY'],
  'Query.playerOverlays': ['PLAY'],
  'Subscription.playerOverlays': ['PLAY'],
  'Query.routerRtpCapabilities': ['PLAY', 'PUBLISH'],
  'Mutation.joinRoom': ['PLAY', 'PUBLISH'],
  'Subscription.activeSpeakers': ['PLAY', 'OBSERVE'],
  'Mutation.playWebRtc': ['PLAY'],
  'Mutation.publishWebRtc': ['PUBLISH'],
}

/** About one thing of the caller's own, by its unguessable id: whoever does not have it is told that it does not exist. */
const OWN =
  /^Mutation\.(leaveRoom|createWebRtcTransport|(connectWebRtc|close)Transport|connectWebRtcTransport|restartIce|produce|consume|consumeRoomData|produceData|consumeData|(close|pause|resume)(Producer|Consumer)|close(DataProducer|DataConsumer)|setConsumer\w+|requestKeyFrame|(close|patch)WebRtcSession)$|^Subscription\.(transport|consumer)Events$/

async function start(t: TestContext): Promise<TestRuntime> {
  const server = await TestRuntime.start({ plugins: [use('./plugins/whip/plugin.ts')] })
  t.after(() => server[Symbol.asyncDispose]())
  await server.graphql('mutation { createApp(name: "acme") { name } openRoom(name: "live-demo") { name } }')
  return server
}

async function tokenFor(server: TestRuntime, options: Record<string, unknown>): Promise<string> {
  const document =
    'mutation ($grants: [Grant!]!, $app: String, $room: String) { createToken(name: "t", grants: $grants, app: $app, room: $room) { secret } }'
  return (await server.graphql<{ createToken: { secret: string } }>(document, options)).createToken.secret
}

test('every field of the API lets in exactly those who hold its grant, and limited tokens reach nothing outside', async (t) => {
  const server = await start(t)
  const tokens = new Map<string, string>()
  for (const [name, options] of Object.entries(CALLERS)) tokens.set(name, await tokenFor(server, options))

  const schema = server.runtime.schema()
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const place = `${type?.name}.${field.name}`
      const operation = operationOf(String(type?.name).toLowerCase(), field, EXAMPLES)
      const [nobody] = await codesOf(server, operation, undefined)
      assert.equal(nobody, 'UNAUTHENTICATED', `${place} for nobody`)

      const letIn: string[] = []
      for (const [name, token] of tokens) {
        const codes = await codesOf(server, operation, token)
        assert.ok(!codes.includes('INTERNAL'), `${place} fails for ${name}`)
        if (!codes.includes('FORBIDDEN')) letIn.push(name)
      }
      const expected = OWN.test(place) ? [...tokens.keys()] : (LET_IN[place] ?? (type?.name === 'Mutation' ? [] : ['OBSERVE']))
      assert.deepEqual(letIn, expected, place)
    }
  }
})

test('what may be played does not lead to what only observers may see', async (t) => {
  const server = await start(t)
  const token = await tokenFor(server, { grants: ['PLAY', 'PUBLISH'] })
  const join =
    'mutation { joinRoom(room: "live-demo") { participant { remoteAddress room { app { plugins { plugin { options log { message } } } } } } } }'
  const { data, errors } = await server.graphqlRaw<{ joinRoom: unknown }>(join, {}, token)
  assert.deepEqual([data, errors?.[0]?.extensions?.code], [null, 'FORBIDDEN'])
  const seen = await server.graphqlRaw('mutation { joinRoom(room: "live-demo") { participant { remoteAddress } } }', {}, token)
  assert.deepEqual(seen.data, { joinRoom: { participant: { remoteAddress: null } } })
})

test('a token limited to an app or a room reaches all of it, and nothing beside it', async (t) => {
  const server = await start(t)
  await server.graphql('mutation { openRoom(name: "acme-yard") { name } other: openRoom(name: "acme-hall") { name } }')
  const place = { app: 'acme' }
  const manage = await tokenFor(server, { grants: ['MANAGE'], ...place })
  const observe = await tokenFor(server, { grants: ['OBSERVE'], ...place })
  const inYard = await tokenFor(server, { grants: ['OBSERVE'], ...place, room: 'yard' })
  const theirs = await join(server, 'live-demo')
  const ours = await join(server, 'acme-yard')

  const ask = async (token: string, query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await server.graphqlRaw<Record<string, unknown>>(query, variables, token)
    return errors?.[0]?.extensions?.code ?? data
  }
  const answers = async (token: string, query: string, expected: Record<string, unknown>, variables: Record<string, unknown> = {}) =>
    assert.deepEqual(await ask(token, query, variables), expected, query)
  const refuses = async (token: string, ...queries: string[]) => {
    for (const query of queries) assert.equal(await ask(token, query), 'FORBIDDEN', query)
  }
  const follows = async (token: string, query: string) => codesOf(server, { query, variables: {} }, token)

  for (const token of [observe, manage]) {
    await answers(token, '{ app(name: "acme") { rooms { name } plugins { enabled plugin { name state } } } }', {
      app: {
        rooms: [{ name: 'acme-yard' }, { name: 'acme-hall' }],
        plugins: [{ enabled: true, plugin: { name: 'whip', state: 'RUNNING' } }],
      },
    })
    await answers(token, '{ rooms(app: "acme") { name app { rooms { name } } } }', {
      rooms: ['acme-yard', 'acme-hall'].map((name) => ({ name, app: { rooms: [{ name: 'acme-yard' }, { name: 'acme-hall' }] } })),
    })
    await answers(token, '{ participants(room: "acme-yard") { id } tracks(room: "acme-yard") { id } ingresses(app: "acme") { id } }', {
      participants: [{ id: ours }],
      tracks: [],
      ingresses: [],
    })
    await answers(token, '{ viewers(room: "acme-yard") { edges { cursor } } }', { viewers: { edges: [] } })
    await answers(token, '{ gone: room(name: "acme-gone") { name } }', { gone: null })
    await answers(token, `{ participant(id: "${ours}") { room { name } } node(id: "${ours}") { id } }`, {
      participant: { room: { name: 'acme-yard' } },
      node: { id: ours },
    })
    await answers(token, '{ apps { name } }', { apps: [{ name: 'acme' }] })
    await refuses(
      token,
      '{ app(name: "live") { name } }',
      '{ rooms { name } }',
      '{ rooms(app: "live") { name } }',
      '{ room(name: "live-demo") { name } }',
      '{ participants { id } }',
      '{ participants(room: "live-demo") { id } }',
      `{ participant(id: "${theirs}") { id } }`,
      `{ node(id: "${theirs}") { id } }`,
      '{ node(id: "room:live-demo") { id } }',
      '{ node(id: "plugin:whip") { id } }',
      '{ ingresses { id } }',
      '{ plugins { name } }',
      '{ app(name: "acme") { plugins { plugin { log { message } } } } }',
      '{ app(name: "acme") { plugins { plugin { options } } } }',
      '{ app(name: "acme") { plugins { plugin { apps { app { name } } } } } }',
      `mutation { removeParticipant(id: "${theirs}") { id } }`,
      'mutation { closeRoom(name: "live-demo") { name } }',
      'mutation { createApp(name: "more") { name } }',
    )
    for (const events of ['roomEvents(app: "acme")', 'viewerEvents(room: "acme-yard")', 'ingressEvents(app: "acme")'])
      assert.deepEqual(await follows(token, `subscription { ${events} { __typename } }`), [], events)
    assert.deepEqual(await follows(token, 'subscription { trackStats(room: "acme-yard") { bitrateBps } }'), [])
    for (const events of ['roomEvents', 'roomEvents(app: "live")', 'viewerEvents(room: "live-demo")', 'ingressEvents', 'pluginEvents'])
      assert.deepEqual(await follows(token, `subscription { ${events} { __typename } }`), ['FORBIDDEN'], events)
  }

  await refuses(observe, 'mutation { closeRoom(name: "acme-hall") { name } }', `mutation { removeParticipant(id: "${ours}") { id } }`)

  await answers(
    inYard,
    `{ room(name: "acme-yard") { name app { rooms { name } } } participants(room: "acme-yard") { id } participant(id: "${ours}") { id } }`,
    { room: { name: 'acme-yard', app: { rooms: [{ name: 'acme-yard' }] } }, participants: [{ id: ours }], participant: { id: ours } },
  )
  await refuses(
    inYard,
    '{ room(name: "acme-hall") { name } }',
    '{ rooms(app: "acme") { name } }',
    '{ app(name: "acme") { name } }',
    '{ ingresses(app: "acme") { id } }',
    '{ room(name: "acme-yard") { app { plugins { enabled } } } }',
    `{ participant(id: "${theirs}") { id } }`,
    'mutation { closeRoom(name: "acme-yard") { name } }',
  )

  const create =
    'mutation ($app: String!, $room: String!) { createIngress(protocol: "WHIP", app: $app, room: $room) { ingress { id room } } }'
  const created = (await ask(manage, create, { app: 'acme', room: 'gate' })) as { createIngress: { ingress: { id: string; room: string } } }
  const { id, room } = created.createIngress.ingress
  assert.equal(room, 'acme-gate')
  assert.equal(await ask(manage, create, { app: 'live', room: 'gate' }), 'FORBIDDEN')
  await answers(manage, `mutation { deleteIngress(id: "${id}") { id } }`, { deleteIngress: { id } })
  await answers(manage, 'mutation { updateApp(name: "acme", config: { publishing: { takeover: true } }) { takeover } }', {
    updateApp: { takeover: true },
  })
  await answers(manage, 'mutation { setAppPlugin(app: "acme", plugin: "whip", enabled: false) { enabled } }', {
    setAppPlugin: { enabled: false },
  })
  await answers(manage, `mutation { removeParticipant(id: "${ours}") { id } }`, { removeParticipant: { id: ours } })
  await answers(manage, 'mutation { openRoom(name: "acme-new") { name } closeRoom(name: "acme-hall") { name } }', {
    openRoom: { name: 'acme-new' },
    closeRoom: { name: 'acme-hall' },
  })
  await refuses(
    manage,
    'mutation { openRoom(name: "live-new") { name } }',
    'mutation { setAppPlugin(app: "live", plugin: "whip") { enabled } }',
  )
})

test('a token is a node for those who manage the server', async (t) => {
  const server = await start(t)
  const observe = await tokenFor(server, { grants: ['OBSERVE'] })
  const { tokens } = await server.graphql<{ tokens: { id: string }[] }>('{ tokens { id } }')
  const node = 'query ($id: ID!) { node(id: $id) { id ... on Token { name } } }'
  const variables = { id: tokens.at(-1)?.id }
  assert.deepEqual(await server.graphql(node, variables), { node: { ...variables, name: 't' } })
  assert.equal((await server.graphqlRaw(node, variables, observe)).errors?.[0]?.extensions?.code, 'FORBIDDEN')
})

/** The id of somebody who has joined a room. */
async function join(server: TestRuntime, room: string): Promise<string> {
  const document = 'mutation ($room: String!) { joinRoom(room: $room) { participant { id } } }'
  return (await server.graphql<{ joinRoom: { participant: { id: string } } }>(document, { room })).joinRoom.participant.id
}
