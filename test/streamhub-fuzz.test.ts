import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { Dice } from './dice.ts'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

/** Requests in one run of the suite; `FUZZ=100000` for a long one. */
const REQUESTS = Number(process.env.FUZZ ?? 3_000)
const AT_ONCE = 8
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)

type Schema = { properties?: Record<string, Schema>; type?: string; enum?: unknown[] }
type Operation = { method: string; path: string; query: readonly string[]; body: Schema | undefined }

test('no address, query or body makes the API fail', { timeout: 900_000 }, async (t) => {
  await using server = await TestRuntime.start({ pluginsConfig: new URL('../plugins.config.ts', import.meta.url).href })
  const operations = await operationsOf(server)
  const dice = new Dice(SEED)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const statuses = new Map<number, number>()
  let left = REQUESTS
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const asked = requestFor(dice.pick(operations), dice)
        const { status, text } = await send(server.runtime.port, agent, asked)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        assert.ok(
          status < 500 || status === 503,
          `${status} for ${JSON.stringify(asked).slice(0, 2_000)}\n${server.log.slice(-3).join('')}`,
        )
        if (status >= 400 && text !== '') JSON.parse(text)
      }
    }),
  )
  agent.destroy()
  const { status } = await send(server.runtime.port, undefined, { method: 'GET', path: '/api/v1/health', headers: {}, body: undefined })
  assert.equal(status, 200)
  assert.ok(!server.log.some((line) => line.includes('"level":60')), 'nothing fatal was logged')
  t.diagnostic(
    [...statuses]
      .sort()
      .map(([code, count]) => `${code}: ${count}`)
      .join(', '),
  )
})

async function operationsOf(server: TestRuntime): Promise<Operation[]> {
  const description = (await (await fetch(`${server.url}/openapi/streamhub.json`)).json()) as {
    paths: Record<
      string,
      Record<string, { parameters: { in: string; name: string }[]; requestBody?: { content: Record<string, { schema: Schema }> } }>
    >
  }
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
      body: requestBody?.content['application/json']?.schema,
    })),
  )
}

type Asked = { method: string; path: string; headers: Record<string, string>; body: string | undefined }

function requestFor({ method, path, query, body }: Operation, dice: Dice): Asked {
  const address = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const usual = name === 'app' || name === 'name' ? 'live' : dice.pick(['unknown', 'live-demo%2Fcamera', '1', 'watermark'])
    // The first token is the one that this test goes by.
    if (path.endsWith('/tokens/{id}')) return dice.pick(['unknown', '999999', '-1'])
    return dice.chance(0.8) ? usual : encoded(dice.text()).slice(0, 900) || 'x'
  })
  const search = query
    .filter(() => dice.chance(0.4))
    .map((name) => `${name}=${encoded(String(dice.value())).slice(0, 1_500)}`)
    .join('&')
  return {
    method,
    path: search === '' ? address : `${address}?${search}`,
    headers: {
      authorization: `Bearer ${dice.chance(0.95) ? TEST_TOKEN : dice.word()}`,
      'content-type': dice.pick(['application/json', 'application/json', 'text/plain', 'application/x-www-form-urlencoded']),
    },
    body: method === 'GET' || (method === 'DELETE' && dice.chance(0.9)) ? undefined : bodyFor(body, dice),
  }
}

/** Cut where it may: an escape that breaks off is an ordinary day, too. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed())

function bodyFor(schema: Schema | undefined, dice: Dice): string {
  if (dice.chance(0.05)) return dice.text()
  if (dice.chance(0.02)) return JSON.stringify('x'.repeat(dice.whole(200_000)))
  const json = JSON.stringify(dice.chance(0.9) && schema ? shaped(schema, dice) : dice.value())
  // Broken in the middle, as a connection that was cut would leave it.
  return dice.chance(0.05) ? json.slice(0, dice.whole(json.length + 1)) : json
}

/** Like what is asked for, and wrong here and there. */
function shaped({ properties, type, enum: values }: Schema, dice: Dice): unknown {
  if (dice.chance(0.15)) return dice.value()
  if (values) return dice.pick(values)
  if (properties) {
    const chosen = Object.entries(properties).filter(() => dice.chance(0.6))
    return Object.fromEntries(chosen.map(([name, schema]) => [name, shaped(schema, dice)]))
  }
  if (type === 'string') return dice.pick(['demo', 'live-demo', 'rtmp', '1h', dice.word(), dice.text()])
  if (type === 'boolean') return dice.chance(0.5)
  if (type === 'number' || type === 'integer') return dice.pick([0, 1, 60, 720, -1, 1e300, 0.5])
  if (type === 'array') return Array.from({ length: dice.whole(4) }, () => dice.value())
  return dice.value()
}

function send(port: number, agent: Agent | undefined, { method, path, headers, body }: Asked): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, ...(agent && { agent }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    // A body that is far too long may be refused before it was sent whole.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? resolve({ status: 413, text: '' }) : reject(error),
    )
    sent.end(body)
  })
}
