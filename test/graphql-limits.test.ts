import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getIntrospectionQuery } from 'graphql'
import { type GraphqlAnswer, query, startServer } from './http-support.ts'

/** Answers whose one error has this code. */
async function refused(text: string, code: string, limit?: string) {
  await using server = await startServer()
  const { status, answer } = await query(server, text)
  assert.equal(answer.errors?.[0]?.extensions?.code, code, JSON.stringify(answer).slice(0, 300))
  assert.equal(status, 400)
  if (limit) assert.equal((answer.errors[0].extensions.details as { limit: string }).limit, limit)
}

const nested = (depth: number) => `{ room ${'{ rooms '.repeat(depth)} { name } ${'}'.repeat(depth)} }`

test('depth is limited, through fragments too', async () => {
  await refused(nested(12), 'QUERY_TOO_EXPENSIVE', 'depth')
  const chain = Array.from({ length: 12 }, (_, n) => `fragment F${n} on Room { rooms { ${n === 11 ? 'name' : `...F${n + 1}`} } }`)
  await refused(`{ room { ...F0 } } ${chain.join('\n')}`, 'QUERY_TOO_EXPENSIVE', 'depth')
})

test('aliases and repeated fields are limited', async () => {
  await refused(`{ ${Array.from({ length: 31 }, (_, n) => `a${n}: who`).join(' ')} }`, 'QUERY_TOO_EXPENSIVE', 'aliases')
  await refused(`{ ${'who '.repeat(40)} }`, 'QUERY_TOO_EXPENSIVE', 'aliases')
})

test('cost multiplies along pages, and fragments that double each other cost what they expand to', async () => {
  await refused('{ room { rooms(first: 300) { rooms(first: 300) { name } } } }', 'QUERY_TOO_EXPENSIVE', 'cost')
  await refused(
    'query ($n: Int) { room { rooms(first: $n) { rooms(first: $n) { rooms(first: $n) { name } } } } }',
    'QUERY_TOO_EXPENSIVE',
    'cost',
  )
  const doubling = Array.from(
    { length: 40 },
    (_, n) => `fragment F${n} on Room { ${n === 39 ? 'name' : `...F${n + 1} ... on Room { ...F${n + 1} }`} }`,
  )
  await refused(`{ room { ...F0 } } ${doubling.join('\n')}`, 'QUERY_TOO_EXPENSIVE', 'cost')
})

test('size, tokens and directives are limited', async () => {
  await refused(`{ who } # ${'x'.repeat(100_000)}`, 'QUERY_TOO_EXPENSIVE', 'sizeChars')
  await refused(`{ ${'who '.repeat(5_000)} }`, 'QUERY_TOO_EXPENSIVE', 'tokens')
  await refused(`{ who ${'@skip(if: false) '.repeat(51)} }`, 'QUERY_TOO_EXPENSIVE', 'directives')
})

test('mistakes keep their codes, and a fragment that spreads itself is one', async () => {
  await refused('{ who', 'GRAPHQL_PARSE_FAILED')
  await refused('{ nobody }', 'GRAPHQL_VALIDATION_FAILED')
  await refused('{ room { ...F } } fragment F on Room { rooms { ...F } }', 'GRAPHQL_VALIDATION_FAILED')
})

test('what GraphiQL asks for passes, unless introspection is off', async () => {
  const introspection = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, specifiedByUrl: true })
  await using server = await startServer()
  const { answer } = await query(server, introspection)
  assert.ok(answer.data?.__schema)

  await using closed = await startServer({ graphql: { introspection: false } })
  assert.equal((await query(closed, introspection)).answer.errors?.[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED')
  assert.deepEqual((await query(closed, '{ __typename }')).answer.data, { __typename: 'Query' })
})

test('coded errors carry code, class and details; other faults only an id that the log knows', async () => {
  await using server = await startServer()
  const { answer } = await query(server, '{ missing broken }')
  const [missing, broken] = answer.errors ?? []
  assert.deepEqual(missing?.extensions, { code: 'ROOM_NOT_FOUND', class: 'missing', details: { room: 'yard' } })
  assert.equal(broken?.extensions?.code, 'INTERNAL')
  assert.doesNotMatch(JSON.stringify(answer), /hunter2/)
  assert.ok(
    server.log.lines().some(({ fields }) => fields.faultId === broken?.extensions?.faultId && JSON.stringify(fields).includes('hunter2')),
  )
})

test('everything but the page wants a credential', async () => {
  await using server = await startServer()
  const ask = (init: RequestInit, search = '') => fetch(`${server.url}/graphql${search}`, init)
  const json = { 'content-type': 'application/json' }
  const body = '{"query":"{ who }"}'

  const anonymous = await ask({ method: 'POST', headers: json, body })
  assert.deepEqual([anonymous.status, ((await anonymous.json()) as GraphqlAnswer).errors?.[0]?.extensions?.code], [401, 'UNAUTHENTICATED'])
  assert.equal(anonymous.headers.get('www-authenticate'), 'Bearer')
  const page = await ask({ headers: { accept: 'text/html' } })
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
  assert.match(await page.text(), /Bearer sk_\.\.\./)
  assert.equal((await ask({ headers: { accept: 'text/html' } }, '?query={who}')).status, 401)
  assert.deepEqual(await (await ask({}, '?query={who}&token=sk_viewer')).json(), { data: { who: 'TO_viewer' } })
})

test('only JSON is read, and at most ten operations of a batch', async () => {
  await using server = await startServer()
  const post = (contentType: string, body: string) =>
    fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': contentType, 'x-auth-token': 'sk_admin' }, body })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/graphql']) {
    assert.equal((await post(type, '{"query":"{ who }"}')).status, 415, type)
  }
  const batch = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({ query: '{ who }' })))
  assert.equal(((await (await post('application/json', batch(10))).json()) as unknown[]).length, 10)
  assert.equal((await post('application/json', batch(11))).status, 413)
  for (const nonsense of ['', '{', 'null', '3', '"x"', '[]', '{"query":7}', '{"query":"{ who }","variables":"x"}']) {
    const { status } = await post('application/json', nonsense)
    assert.ok(status >= 400 && status < 500, `${nonsense} gave ${status}`)
  }
})
