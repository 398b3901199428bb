import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { SYSTEM } from '../core/access/caller.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { Answer, HttpRefusal } from '../runtime/rest/answer.ts'
import { jsonBody } from '../runtime/rest/body.ts'
import { openapiOf } from '../runtime/rest/openapi.ts'
import { Operations } from '../runtime/rest/operations.ts'
import { type Admitted, routesOf } from '../runtime/rest/route-table.ts'
import { type Adapter, serveAdapter } from '../runtime/rest/serve-adapter.ts'
import { TokenBuckets } from '../runtime/rest/token-buckets.ts'
import { Board, boardSchema, startServer } from './http-support.ts'

type Access = 'OPEN' | 'CLOSED'
const route = routesOf<Access, Admitted>()
const Named = z.object({ name: z.string().regex(/^[a-z]+$/) })

/** A small foreign API whose errors are plain words. */
const adapter: Adapter<Access> = {
  name: 'small',
  title: 'A small API',
  description: 'For tests.',
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  routes: {
    'GET /small/{name*}/who': route({
      summary: 'Who asks',
      access: 'OPEN',
      params: Named,
      query: z.object({ loud: z.enum(['yes', 'no']).optional() }),
      document: '{ who }',
      reply: ({ who }: { who: string }, { params, query }) => ({ who: query.loud === 'yes' ? who.toUpperCase() : who, name: params.name }),
      success: { 200: { description: 'The caller.', schema: z.object({ who: z.string(), name: z.string() }) } },
    }),
    'POST /small/items': route({
      summary: 'Make one',
      access: 'CLOSED',
      body: jsonBody(z.object({ size: z.int().min(1) }), { maxBytes: 100 }),
      reply: (_data, { body }) => new Answer(201, { headers: { location: `/small/items/${body.size}` }, body }),
      success: { 201: { description: 'It is made.', headers: { Location: 'Where it is.' } } },
    }),
    'GET /small/missing': route({
      summary: 'Never there',
      access: 'OPEN',
      document: '{ missing }',
      reply: () => null,
      success: { 200: { description: '' } },
    }),
    'GET /small/broken': route({
      summary: 'A bug',
      access: 'OPEN',
      document: '{ broken }',
      reply: () => null,
      success: { 200: { description: '' } },
    }),
  },
  authorize: async ({ headers }, { access }) => {
    if (access === 'CLOSED' && headers.authorization !== 'Bearer sesame') throw new MediaError('UNAUTHENTICATED')
    return { caller: { ...SYSTEM, id: 'ada' } }
  },
  refusal: (thrown) => {
    if (thrown instanceof HttpRefusal) return new Answer(thrown.status, { headers: { ...thrown.headers }, body: { oops: thrown.status } })
    if (!(thrown instanceof MediaError)) return new Answer(500, { body: { oops: 500 } })
    const status = thrown.class === 'unauthenticated' ? 401 : thrown.class === 'missing' ? 404 : 400
    return new Answer(status, { body: { oops: thrown.code, ...(thrown.details.field !== undefined && { field: thrown.details.field }) } })
  },
  headers: () => ({ 'x-small': 'yes' }),
}

async function start() {
  const faults: unknown[] = []
  const schema = boardSchema(new Board())
  const operations = new Operations(
    () => schema,
    () => ({}),
  )
  const server = await startServer({
    prepare: ({ app }) =>
      serveAdapter(app, adapter as Adapter, { operations, handOver: () => false, onFault: (error) => faults.push(error) }),
  })
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${server.url}${path}`, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }
  const make = (body: string, headers: Record<string, string> = {}) =>
    call('/small/items', {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer sesame', 'content-type': 'application/json', ...headers },
    })
  return { server, call, make, faults, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

test('a route is an operation in other words, run as whom the adapter let in', async () => {
  await using api = await start()
  const { status, headers, text } = await api.call('/small/shed/who?loud=yes')
  assert.equal(status, 200)
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(headers.get('x-small'), 'yes')
  assert.equal(text, '{"who":"ADA","name":"shed"}\n')
})

test('what is wrong is refused in the adapter’s words, and in order: parameters, method, caller, media type, body', async () => {
  await using api = await start()
  const answer = async (path: string, init?: RequestInit) => {
    const { status, body } = await api.call(path, init)
    return [status, body]
  }
  assert.deepEqual(await answer('/small/a/b/who', { method: 'DELETE' }), [400, { oops: 'INPUT_INVALID', field: 'name' }])
  assert.deepEqual(await answer('/small/a%2Fb/who'), [400, { oops: 'INPUT_INVALID', field: 'name' }])
  assert.deepEqual(await answer('/small/who'), [404, { oops: 404 }])
  assert.deepEqual(await answer('/small/shed/who?loud=perhaps'), [400, { oops: 'INPUT_INVALID', field: 'loud' }])
  assert.deepEqual(await answer('/small/items', { method: 'PUT' }), [405, { oops: 405 }])
  assert.deepEqual(await answer('/small/items', { method: 'POST', body: 'x' }), [401, { oops: 'UNAUTHENTICATED' }])
  const { make } = api
  assert.equal((await make('x', { 'content-type': 'text/plain' })).status, 415)
  assert.equal((await make(`{"size":${'1'.repeat(200)}}`)).status, 413)
  assert.deepEqual((await make('{')).body, { oops: 'INPUT_INVALID', field: 'body' })
  assert.deepEqual((await make('{"size":0}')).body, { oops: 'INPUT_INVALID', field: 'size' })
  assert.equal((await make('{"size":3}')).headers.get('location'), '/small/items/3')
})

test('OPTIONS asks for no credential, HEAD is a GET without its body, Allow lists what is possible', async () => {
  await using api = await start()
  const options = await api.call('/small/items', { method: 'OPTIONS' })
  assert.deepEqual([options.status, options.text, options.headers.get('x-small')], [204, '', 'yes'])
  const head = await api.call('/small/shed/who', { method: 'HEAD' })
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '28'])
  assert.equal((await api.call('/small/items', { method: 'DELETE' })).headers.get('allow'), 'POST, OPTIONS')
})

test('errors of an operation keep their class; a fault is logged and tells nothing', async () => {
  await using api = await start()
  assert.deepEqual((await api.call('/small/missing')).body, { oops: 'ROOM_NOT_FOUND' })
  const { status, text } = await api.call('/small/broken')
  assert.equal(status, 500)
  assert.doesNotMatch(text, /hunter2/)
  assert.equal(api.faults.length, 1)
})

test('the description is made of the same table', () => {
  const { paths } = openapiOf(adapter as Adapter) as { paths: Record<string, Record<string, Record<string, unknown>>> }
  assert.deepEqual(Object.keys(paths), ['/small/{name}/who', '/small/items', '/small/missing', '/small/broken'])
  assert.deepEqual(paths['/small/{name}/who']?.get?.parameters, [
    { name: 'name', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]+$' } },
    { name: 'loud', in: 'query', required: false, schema: { type: 'string', enum: ['yes', 'no'] } },
  ])
  assert.ok(paths['/small/items']?.post?.requestBody)
})

test('a token bucket gives its burst at once and then its rate, to each key on its own', () => {
  let now = 0
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3, now: () => now })
  const take = (key: string, times: number) => Array.from({ length: times }, () => buckets.take(key) === 0)
  assert.deepEqual(take('a', 4), [true, true, true, false])
  assert.deepEqual(take('b', 1), [true])
  assert.equal(buckets.take('a'), 0.5)
  now = 500
  assert.deepEqual(take('a', 2), [true, false])
  now = 1_000_000
  assert.deepEqual(take('a', 4), [true, true, true, false])
  assert.equal(buckets.size, 1, 'who stays away for long is forgotten')
  assert.equal(new TokenBuckets({ perSecond: 0, burst: 0 }).take('a'), 0, 'a rate of 0 is no limit')
})
