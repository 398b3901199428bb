import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { GraphQLField } from 'graphql'
import { TEST_TOKEN, TestRuntime } from './harness.ts'
import { codesOf, operationOf } from './permission-support.ts'

/**
 * Who may do what, row by row: every route and every root field, asked by everybody about the app `acme` of the tenant `acme-inc`.
 * `+` let in, `-` refused for its rights, `?` asked who it is. Rows are checked in, so that a change of anybody's rights is seen in review;
 * `UPDATE_MATRIX=1 npm test -- permission-matrix` writes them anew.
 */
const MATRIX = new URL('./permission-matrix.txt', import.meta.url)

const ASKERS = ['nobody', 'viewer', 'editor', 'owner', 'app token', "other's owner", 'global'] as const
type Asker = (typeof ASKERS)[number]

let server: TestRuntime
const tokens = new Map<Asker, string | undefined>()

before(async () => {
  server = await TestRuntime.start({
    pluginsConfig: new URL('../plugins.config.ts', import.meta.url).href,
    env: { JWT_SECRET: 'a secret for the sessions of this test', ADMIN_PASS: 'correct horse battery', STREAMHUB_CLUSTER_TOKEN: 'cluster' },
  })
  const { core } = server.runtime
  for (const name of ['acme-inc', 'other-inc']) await core.tenants.create(name, { maxApps: -1, maxConcurrentStreams: -1 })
  await core.apps.create('acme', { tenant: 'acme-inc' })
  await core.apps.create('other', { tenant: 'other-inc' })
  for (const [asker, tenant, role] of [
    ['viewer', 'acme-inc', 'VIEWER'],
    ['editor', 'acme-inc', 'EDITOR'],
    ['owner', 'acme-inc', 'OWNER'],
    ["other's owner", 'other-inc', 'OWNER'],
  ] as const) {
    const email = `${asker.replace(/\W/g, '')}@example.org`
    await core.users.create({ email, password: 'long enough', tenant, role })
    tokens.set(asker, (await core.logins.login(email, 'long enough', '192.0.2.1')).token)
  }
  tokens.set('app token', (await core.tokens.create({ name: 'app', grants: ['MANAGE'], app: 'acme' })).secret)
  tokens.set('global', TEST_TOKEN)
  tokens.set('nobody', undefined)
})
after(() => server[Symbol.asyncDispose]())

/** What would end an asker's own session, or the test. */
const LEFT_OUT = new Set(['Mutation.logout', 'POST /auth/logout', 'Mutation.deleteApp', 'DELETE /apps/{name}'])

test('every route and every field lets in exactly those whom the matrix names', { timeout: 120_000 }, async () => {
  const rows = [...(await restRows()), ...(await graphqlRows())]
  const text = `${header()}\n${rows.join('\n')}\n`
  if (process.env.UPDATE_MATRIX) await writeFile(MATRIX, text)
  assert.equal(text, await readFile(MATRIX, 'utf8').catch(() => ''), 'the rights of somebody have changed')
})

test('an app is deleted by those who may, and by nobody else', async () => {
  const { core } = server.runtime
  const mayDelete: Asker[] = []
  for (const asker of ASKERS) {
    await core.apps.create('victim', { tenant: 'acme-inc' })
    const token = tokens.get(asker)
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { status } = await fetch(`${server.url}/api/v1/apps/victim`, { method: 'DELETE', headers })
    if (status === 200) mayDelete.push(asker)
    assert.equal(core.apps.find('victim') === undefined, status === 200, asker)
    if (core.apps.find('victim')) await core.apps.delete('victim', { recordings: true })
  }
  assert.deepEqual(mayDelete, ['owner', 'global'])
})

async function restRows(): Promise<string[]> {
  const description = (await (await fetch(`${server.url}/openapi/streamhub.json`)).json()) as { paths: Record<string, object> }
  const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/api\/v1/, '')}`),
  )
  const rows: string[] = []
  for (const route of routes.filter((one) => !LEFT_OUT.has(one)).sort()) {
    const cells: string[] = []
    for (const asker of ASKERS) cells.push(await askRest(route, tokens.get(asker)))
    rows.push(row(route, cells))
  }
  return rows
}

async function askRest(route: string, token: string | undefined): Promise<string> {
  const [method = '', path = ''] = route.split(' ')
  const address = path
    .replaceAll(/\{(app|name)\}/g, 'acme')
    .replaceAll(/\{room\}/g, 'yard')
    .replaceAll(/\{\w+\}/g, 'unknown')
  const response = await fetch(`${server.url}/api/v1${address}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(!['GET', 'DELETE'].includes(method) && { body: '{"name":1,"wrong":true}' }),
  })
  await response.body?.cancel()
  assert.ok(response.status !== 500, `${route} answers ${response.status}`)
  return response.status === 401 ? '?' : response.status === 403 ? '-' : '+'
}

async function graphqlRows(): Promise<string[]> {
  const schema = server.runtime.schema()
  const rows: string[] = []
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {}).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const place = `${type?.name}.${field.name}`
      if (LEFT_OUT.has(place)) continue
      const cells: string[] = []
      for (const asker of ASKERS) cells.push(await askGraphql(String(type?.name).toLowerCase(), field, tokens.get(asker)))
      rows.push(row(place, cells))
    }
  }
  return rows
}

async function askGraphql(kind: string, field: GraphQLField<unknown, unknown>, token: string | undefined): Promise<string> {
  const isOfRoom = field.args.some(({ name, description }) => name === 'name' && /room/i.test(description ?? ''))
  const examples = { app: 'acme', room: 'acme-yard', name: isOfRoom ? 'acme-yard' : 'acme', tenant: 'acme-inc' }
  const codes = await codesOf(server, operationOf(kind, field, examples), token)
  assert.ok(!codes.includes('INTERNAL'), `${field.name} fails`)
  return codes.includes('UNAUTHENTICATED') ? '?' : codes.includes('FORBIDDEN') ? '-' : '+'
}

const WIDTH = 64
const row = (name: string, cells: readonly string[]) =>
  `${name.padEnd(WIDTH)} ${cells.map((cell, index) => cell.padEnd(ASKERS[index]!.length)).join('  ')}`.trimEnd()
const header = () => `${''.padEnd(WIDTH)} ${ASKERS.join('  ')}`
