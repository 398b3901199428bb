import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'
import { use } from '../plugins/kit/define-config.ts'
import { TestRuntime } from './harness.ts'

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

/** Unless said here, queries and subscriptions want OBSERVE and mutations MANAGE. */
const LET_IN: Record<string, readonly (keyof typeof CALLERS)[]> = {
  'Query.tokens': [],
  // These answer with what the caller may play, which may be nothing.
  'Query.liveRooms': ['PLAY', 'PLAY in acme', 'MANAGE in acme', 'everything in one room'],
  'Subscription.liveRooms': ['PLAY', 'PLAY in acme', 'MANAGE in acme', 'everything in one room'],
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
  /^Mutation\.(leaveRoom|createWebRtcTransport|(connectWebRtc|close)Transport|connectWebRtcTransport|restartIce|produce|consume|produceData|consumeData|(close|pause|resume)(Producer|Consumer)|close(DataProducer|DataConsumer)|setConsumer\w+|requestKeyFrame|(close|patch)WebRtcSession)$|^Subscription\.(transport|consumer)Events$/

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
      const operation = operationOf(String(type?.name).toLowerCase(), field)
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

type Operation = { query: string; variables: Record<string, unknown> }

/** Asks for a field with what it requires and no more. */
function operationOf(kind: string, { name, args, type }: GraphQLField<unknown, unknown>): Operation {
  const required = args.filter(({ type: of }) => isNonNullType(of))
  const declared = required.map((one) => `$${one.name}: ${one.type}`).join(', ')
  const passed = required.map((one) => `${one.name}: $${one.name}`).join(', ')
  const selection = isLeafType(getNamedType(type)) ? '' : ' { __typename }'
  return {
    query: `${kind} ${declared && `(${declared})`} { ${name}${passed && `(${passed})`}${selection} }`,
    variables: Object.fromEntries(required.map((one) => [one.name, exampleOf(one.name, one.type)])),
  }
}

function exampleOf(name: string, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return exampleOf(name, type.ofType)
  if (isListType(type)) return [exampleOf(name, type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type) || type.name === 'JSON') return {}
  if (type.name === 'Boolean') return false
  if (type.name === 'Int') return 1
  return { app: 'live', room: 'live-demo', name: 'live-demo' }[name] ?? 'unknown'
}

/** The codes of the first answer's errors. */
async function codesOf(server: TestRuntime, operation: Operation, token: string | undefined): Promise<unknown[]> {
  const isSubscription = operation.query.startsWith('subscription')
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(isSubscription && { accept: 'text/event-stream' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(operation),
  })
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return codesIn(await response.text())
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const data = /^data: (\{.*)$/m.exec(chunk)?.[1]
    if (data !== undefined) return codesIn(data)
    // A stream that is silent until something happens has let its caller in.
    if (chunk.startsWith(':')) return []
  }
  return []
}

function codesIn(text: string): unknown[] {
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: unknown } }[] }
  return errors.map(({ extensions }) => extensions?.code)
}
