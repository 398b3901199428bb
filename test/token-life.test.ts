import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { TestRuntime } from './harness.ts'

test('a revoked token closes the WebSockets and event streams that it opened, and nobody else’s', async () => {
  await using server = await TestRuntime.start()
  const [mine, others] = [await createToken(server), await createToken(server)]
  const [myStream, theirStream] = [await openStream(server, mine.secret), await openStream(server, others.secret)]
  const [mySocket, theirSocket] = [await openSocket(server, mine.secret), await openSocket(server, others.secret)]

  await server.graphql('mutation ($id: ID!) { revokeToken(id: $id) { id } }', { id: mine.id })
  assert.equal(await mySocket.closed, 4401)
  await myStream.ended
  assert.equal((await server.graphqlRaw('{ apps { name } }', {}, mine.secret)).errors?.[0]?.extensions?.code, 'UNAUTHENTICATED')

  assert.equal(theirSocket.socket.readyState, WebSocket.OPEN)
  theirSocket.socket.close()
  await server.runtime.close()
  await theirStream.ended
})

test('a token needs a name and a grant, and a room its app', async () => {
  await using server = await TestRuntime.start()
  for (const [field, args] of [
    ['name', 'name: "", grants: [PLAY]'],
    ['name', 'name: "a\\u0000b", grants: [PLAY]'],
    ['grants', 'name: "t", grants: []'],
    ['app', 'name: "t", grants: [PLAY], room: "live-yard"'],
  ]) {
    const { errors } = await server.graphqlRaw(`mutation { createToken(${args}) { secret } }`)
    const { code, details } = (errors?.[0]?.extensions ?? {}) as { code?: string; details?: { field?: string } }
    assert.deepEqual([code, details?.field], ['INPUT_INVALID', field])
  }
  const { createToken: made } = await server.graphql<{ createToken: { token: unknown } }>(
    'mutation { createToken(name: "t", grants: [PLAY, PLAY], app: "live", room: "yard") { token { app room grants } } }',
  )
  assert.deepEqual(made.token, { app: 'live', room: 'live-yard', grants: ['PLAY'] })
})

async function createToken(server: TestRuntime) {
  const { createToken: made } = await server.graphql<{ createToken: { secret: string; token: { id: string } } }>(
    'mutation { createToken(name: "t", grants: [OBSERVE]) { secret token { id } } }',
  )
  return { secret: made.secret, id: made.token.id }
}

/** Resolves once it runs; `ended` once the server has ended it. */
async function openStream(server: TestRuntime, token: string) {
  const { body } = await fetch(`${server.url}/graphql?query=${encodeURIComponent('subscription { appEvents { change } }')}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  })
  const reader = body!.getReader()
  await reader.read()
  const ended = (async () => {
    while (!(await reader.read()).done);
  })()
  return { ended }
}

async function openSocket(server: TestRuntime, token: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const acknowledged = new Promise((resolve) => socket.once('message', resolve))
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })))
  await acknowledged
  return { socket, closed }
}
