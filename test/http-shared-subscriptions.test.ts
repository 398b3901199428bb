import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { connect, query, startServer, type TestServer } from './http-support.ts'

const BOARD = 'subscription { board }'

/** A client that has read the board as far as `seen`. */
async function watch(server: TestServer, text = BOARD, params?: Record<string, unknown>) {
  const client = connect(server, params)
  const results = client.iterate<{ board: string }>({ query: text })
  const next = async () => (await results.next()).value?.data?.board
  return { next, results, [Symbol.asyncDispose]: async () => void (await client.dispose()) }
}

test('200 WebSocket clients of one subscription cost one execution and all get every state', async () => {
  await using server = await startServer()
  const watchers = await Promise.all(Array.from({ length: 200 }, () => watch(server)))
  assert.deepEqual(new Set(await Promise.all(watchers.map(({ next }) => next()))), new Set(['first']))
  server.board.set('second')
  assert.deepEqual(new Set(await Promise.all(watchers.map(({ next }) => next()))), new Set(['second']))
  assert.equal(server.board.executions, 1)
  assert.equal(server.engine.shared.size, 1)

  for (const watcher of watchers) await watcher[Symbol.asyncDispose]()
  await ended(server)
  assert.equal(server.engine.shared.size, 0)
})

test('who joins late begins with the present state', async () => {
  await using server = await startServer()
  await using early = await watch(server)
  await early.next()
  server.board.set('second')
  await early.next()

  await using late = await watch(server)
  assert.equal(await late.next(), 'second')
  assert.equal(server.board.executions, 1)
})

test('other words, other rights or an unmarked field are executed on their own', async () => {
  await using server = await startServer()
  await using first = await watch(server)
  await using aliased = await watch(server, 'subscription { board board }')
  await using weaker = await watch(server, BOARD, { authorization: 'Bearer sk_viewer' })
  await using events = await watch(server, 'subscription { board: boardEvents }')
  await using moreEvents = await watch(server, 'subscription { board: boardEvents }')
  for (const watcher of [first, aliased, weaker, events, moreEvents]) assert.equal(await watcher.next(), 'first')
  assert.equal(server.board.executions, 5)
})

test('a client that stops reading is not buffered for, and continues with the latest state', async () => {
  await using server = await startServer()
  await using reader = await watch(server)
  await reader.next()

  const stalled = new WebSocket(`${server.url.replace('http', 'ws')}/graphql?token=sk_admin`, 'graphql-transport-ws')
  await once(stalled, 'open')
  stalled.send('{"type":"connection_init"}')
  await once(stalled, 'message')
  stalled.send(JSON.stringify({ id: 'x', type: 'subscribe', payload: { query: BOARD } }))
  await once(stalled, 'message')
  stalled.pause()

  // 100 MB in all: far more than the kernel takes, so most of it must have been skipped.
  const before = process.memoryUsage().arrayBuffers
  const filler = 'x'.repeat(500_000)
  for (let n = 1; n <= 200; n++) {
    server.board.set(`${n} ${filler}`)
    assert.equal((await reader.next())?.split(' ')[0], String(n))
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 60_000_000)

  let received = 0
  const last = new Promise<void>((resolve) =>
    stalled.on('message', (data) => {
      received++
      if (JSON.parse(String(data)).payload.data.board.startsWith('200 ')) resolve()
    }),
  )
  stalled.resume()
  await last
  assert.ok(received < 100, `${received} of 200 messages were kept`)
  stalled.terminate()
})

test('completing one subscription leaves the others, and the connection, as they are', async () => {
  await using server = await startServer()
  const client = connect(server)
  const one = client.iterate<{ board: string }>({ query: BOARD })
  const other = client.iterate<{ board: string }>({ query: BOARD })
  await Promise.all([one.next(), other.next()])
  await one.return?.()
  server.board.set('second')
  assert.equal((await other.next()).value?.data?.board, 'second')
  await client.dispose()
})

test('subscriptions over SSE share the execution with WebSockets', async () => {
  await using server = await startServer()
  await using socket = await watch(server)
  await socket.next()
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-auth-token': 'sk_admin' },
    body: JSON.stringify({ query: BOARD }),
  })
  const stream = response.body!.pipeThrough(new TextDecoderStream())
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    if (text.includes('"first"') && server.board.text === 'first') server.board.set('second')
    if (text.includes('"second"')) break
  }
  assert.match(text, /event: next\ndata: \{"data":\{"board":"first"\}\}/)
  assert.equal(server.board.executions, 1)
})

test('without a known token the connection is closed as unauthorized', async () => {
  await using server = await startServer()
  for (const params of [{}, { token: 'sk_unknown' }]) {
    await assert.rejects(Promise.resolve(connect(server, params).iterate({ query: BOARD }).next()), { code: 4401 })
  }
})

test('a connection has a limit of 100 subscriptions', async () => {
  await using server = await startServer()
  const client = connect(server)
  const open = Array.from({ length: 100 }, () => client.iterate({ query: BOARD }))
  await Promise.all(open.map((one) => one.next()))
  const [refusal] = (await client
    .iterate({ query: BOARD })
    .next()
    .then(
      () => [],
      (errors) => errors,
    )) as { extensions: { code: string } }[]
  assert.equal(refusal?.extensions.code, 'SUBSCRIPTION_LIMIT')
  await client.dispose()
})

test('queries, limits and masking are the same over WebSockets', async () => {
  await using server = await startServer()
  const client = connect(server)
  const ask = async (text: string) => (await client.iterate({ query: text }).next()).value
  assert.deepEqual(await ask('{ who }'), { data: { who: 'TO_admin' } })
  assert.equal((await ask('{ missing }'))?.errors?.[0]?.extensions?.code, 'ROOM_NOT_FOUND')
  assert.equal(JSON.stringify(await ask('{ broken }')).includes('hunter2'), false)
  const deep = `{ room ${'{ rooms '.repeat(12)} { name } ${'}'.repeat(12)} }`
  await assert.rejects(ask(deep), (errors: { extensions: object }[]) => {
    assert.deepEqual(errors[0]?.extensions, { code: 'QUERY_TOO_EXPENSIVE', class: 'invalid', details: { limit: 'depth', permitted: 12 } })
    return true
  })
  await client.dispose()
})

test('closing the server ends subscriptions over SSE, and leaving one ends its execution', async () => {
  await using server = await startServer()
  const subscribe = async (signal?: AbortSignal) => {
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(BOARD)}&token=sk_admin`, {
      headers: { accept: 'text/event-stream' },
      ...(signal && { signal }),
    })
    return response.body!.pipeThrough(new TextDecoderStream()).getReader()
  }
  const leaving = new AbortController()
  const left = await subscribe(leaving.signal)
  while (!(await left.read()).value?.includes('first'));
  leaving.abort()
  await ended(server)

  const reader = await subscribe()
  while (!(await reader.read()).value?.includes('first'));
  const startedAt = performance.now()
  await server.http.close(5_000)
  while (!(await reader.read()).done);
  assert.ok(performance.now() - startedAt < 2_000)
  await ended(server)
})

test('closing the server closes the sockets as going away', async () => {
  await using server = await startServer()
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql?token=sk_admin`, 'graphql-transport-ws')
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await server.http.close(2_000)
  assert.equal((await closed)[0], 1001)
})

test('bytes that are no WebSocket do not disturb the server', async () => {
  await using server = await startServer()
  const socket = connectTcp(Number(new URL(server.url).port), '127.0.0.1')
  socket.write('GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1.1 400/)
  socket.destroy()
  assert.equal((await query(server, '{ who }')).status, 200)
})

/** Until the last execution has ended. */
async function ended(server: TestServer): Promise<void> {
  while (server.engine.shared.size > 0) await new Promise(setImmediate)
}
