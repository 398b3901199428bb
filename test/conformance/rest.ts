import assert from 'node:assert/strict'
import { z } from 'zod'
import type { TestRuntime } from '../harness.ts'

type Schema = Parameters<typeof z.fromJSONSchema>[0]
type Documented = { description: string; headers?: Record<string, unknown>; content?: Record<string, { schema: Schema }> }
type Description = { openapi: string; paths: Record<string, Record<string, { summary?: string; responses: Record<string, Documented> }>> }

/** One real request for each operation: `GET /rooms`. Each may rely on those before it. */
export type Calls = Readonly<Record<string, () => Promise<Response>>>

/**
 * Holds an adapter's description to the truth: every operation in it is called, and answers with one of the documented
 * successes, in the documented media type, headers and shape. Operations named in `refused` answer with a documented error instead.
 */
export async function conformsToItsDescription(
  server: TestRuntime,
  name: string,
  calls: Calls,
  refused: readonly string[] = [],
): Promise<void> {
  const description = (await (await fetch(`${server.url}/openapi/${name}.json`)).json()) as Description
  assert.match(description.openapi, /^3\.1/)
  const documented = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )
  assert.deepEqual(documented.map(([operation]) => operation).sort(), Object.keys(calls).sort(), 'every operation is tried, and no other')

  const operations = new Map<string, (typeof documented)[number][1]>(documented)
  for (const [operation, call] of Object.entries(calls)) {
    const response = await call()
    const isRefusal = response.status >= 400
    assert.equal(isRefusal, refused.includes(operation), `${operation} answers ${response.status}`)
    const answer = operations.get(operation)?.responses[response.status]
    assert.ok(answer, `${operation} answers ${response.status}, which is not documented`)
    await assertAnswer(operation, response, answer)
  }
}

async function assertAnswer(operation: string, response: Response, { headers = {}, content }: Documented): Promise<void> {
  for (const header of Object.keys(headers)) assert.ok(response.headers.get(header), `${operation} sends ${header}`)
  const text = await response.text()
  if (response.status >= 400) return
  const [type, { schema }] = Object.entries(content ?? {})[0] ?? ['', { schema: undefined }]
  if (!schema) {
    assert.equal(text, '', `${operation} answers without a body`)
    return
  }
  assert.equal(response.headers.get('content-type')?.split(';')[0], type, operation)
  const { error } = z.fromJSONSchema(schema).safeParse(type === 'application/json' ? JSON.parse(text) : text)
  assert.equal(error, undefined, `${operation} answers as documented: ${error?.message}`)
}
