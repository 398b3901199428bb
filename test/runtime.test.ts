import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

test('a fresh server has the apps default and live, a media worker, and no rooms', async () => {
  await using server = await TestRuntime.start()
  const data = await server.graphql(
    '{ apps { name prefix openPublishing } rooms { name } server { version mediaWorkers { pid } } taskTree { state children { type state } } }',
  )
  assert.deepEqual(data.apps, [
    { name: 'default', prefix: '', openPublishing: true },
    { name: 'live', prefix: 'live', openPublishing: true },
  ])
  assert.deepEqual(data.rooms, [])
  assert.deepEqual(data.taskTree, { state: 'RUNNING', children: [{ type: 'MEDIA_WORKER', state: 'RUNNING' }] })
})

test('GraphQL wants a credential, also on loopback', async () => {
  await using server = await TestRuntime.start()
  const response = await fetch(`${server.url}/graphql?query={apps{name}}`)
  assert.equal(response.status, 401)
  const { errors } = await server.graphqlRaw('{ apps { name } }', {}, 'sk_wrong')
  assert.ok(errors)
})

test('a page elsewhere may use GraphQL with a token, and nothing without', async () => {
  await using server = await TestRuntime.start()
  const page = { origin: 'https://studio.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
  const preflight = await fetch(`${server.url}/graphql`, { method: 'OPTIONS', headers: page })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/)

  const ask = (headers: Record<string, string>) => fetch(`${server.url}/graphql?query={apps{name}}`, { headers: { ...page, ...headers } })
  const answer = await ask({ authorization: `Bearer ${TEST_TOKEN}` })
  assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [200, '*'])
  assert.equal((await ask({})).status, 403)
  assert.equal((await fetch(`${server.url}/graphql`, { method: 'DELETE' })).status, 405)
})

test('a setting that an app can not have is refused by name', async () => {
  await using server = await TestRuntime.start()
  for (const mutation of ['updateApp(name: "live"', 'createApp(name: "acme"']) {
    const { errors } = await server.graphqlRaw(`mutation { ${mutation}, config: { viewers: { maxPerRoom: -1 } }) { name } }`)
    const { code, details } = (errors?.[0]?.extensions ?? {}) as { code?: string; details?: { field?: string } }
    assert.deepEqual([code, details?.field], ['INPUT_INVALID', 'viewers.maxPerRoom'])
  }
})

test('a room that was opened stays open until it is closed', async () => {
  await using server = await TestRuntime.start()
  await server.graphql('mutation { openRoom(name: "live-yard") { id } }')
  const { room } = await server.graphql(
    '{ room(name: "live-yard") { id localName app { name } live kept participants { id } viewers { edges { cursor } } } }',
  )
  assert.deepEqual(room, {
    id: 'room:live-yard',
    localName: 'yard',
    app: { name: 'live' },
    live: false,
    kept: true,
    participants: [],
    viewers: { edges: [] },
  })
  await server.graphql('mutation { closeRoom(name: "live-yard") { id } }')
  assert.deepEqual(await server.graphql('{ room(name: "live-yard") { id } }'), { room: null })
  const { errors } = await server.graphqlRaw('mutation { closeRoom(name: "live-yard") { id } }')
  assert.equal(errors?.[0]?.extensions?.code, 'ROOM_NOT_FOUND')
})

test('bad names are refused by their code', async () => {
  await using server = await TestRuntime.start()
  const codes = async (query: string) => (await server.graphqlRaw(query)).errors?.map(({ extensions }) => extensions?.code)
  assert.deepEqual(await codes('mutation { openRoom(name: "a/b") { id } }'), ['ROOM_NAME_INVALID'])
  assert.deepEqual(await codes('mutation { createApp(name: "Ä") { id } }'), ['INPUT_INVALID'])
  assert.deepEqual(await codes('mutation { createApp(name: "live") { id } }'), ['APP_EXISTS'])
  assert.deepEqual(await codes('mutation { createIngress(protocol: "RTMP", app: "nope", room: "x") { streamKey } }'), ['APP_NOT_FOUND'])
})

test('a created token does what it allows and nothing else, until it is revoked', async () => {
  await using server = await TestRuntime.start()
  const { createToken } = await server.graphql<{ createToken: { secret: string; token: { id: string } } }>(
    'mutation { createToken(name: "reader", grants: [OBSERVE]) { secret token { id } } }',
  )
  const reader = (query: string) => server.graphqlRaw(query, {}, createToken.secret)
  assert.equal((await reader('{ rooms { name } }')).errors, undefined)
  assert.equal((await reader('mutation { openRoom(name: "x") { id } }')).errors?.[0]?.extensions?.code, 'FORBIDDEN')
  assert.equal((await reader('{ tokens { id } }')).errors?.[0]?.extensions?.code, 'FORBIDDEN')
  await server.graphql('mutation ($id: ID!) { revokeToken(id: $id) { id } }', { id: createToken.token.id })
  assert.ok((await reader('{ rooms { name } }')).errors)
})

test('ingresses are kept across a restart, their keys only as hashes', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-kept-'))
  let streamKey = ''
  const created = { protocol: 'RTMP', room: 'live-yard', identity: 'publisher', state: 'IDLE', configured: true, participant: null }
  {
    await using server = await TestRuntime.start({ env: { DATA_DIR: dataDir } })
    const { createIngress } = await server.graphql<{ createIngress: { streamKey: string; ingress: { keyHint: string } } }>(
      'mutation { createIngress(protocol: "rtmp", app: "live", room: "yard") { streamKey ingress { keyHint } } }',
    )
    streamKey = createIngress.streamKey
    assert.ok(streamKey.endsWith(createIngress.ingress.keyHint))
  }
  await using again = await TestRuntime.start({ env: { DATA_DIR: dataDir } })
  const { ingresses } = await again.graphql('{ ingresses { protocol room identity state configured participant { id } } }')
  assert.deepEqual(ingresses, [created])
  const files = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  for (const { parentPath, name } of files) assert.ok(!(await readFile(join(parentPath, name))).includes(streamKey), name)
  await rm(dataDir, { recursive: true })
})
