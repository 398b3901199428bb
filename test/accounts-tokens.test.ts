import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { TEST_TOKEN, TestRuntime } from './harness.ts'

type Token = { id: string; number: number; name: string; lastUsedAt: string | null; revokedAt: string | null; allowedIps: string[] }

const TOKENS = '{ tokens { id number name lastUsedAt revokedAt allowedIps } }'

test('a token is presented from the addresses it names, and from nowhere else', async () => {
  await using server = await TestRuntime.start({ env: { TRUSTED_PROXIES: '127.0.0.1' } })
  const { secret } = await create(server, { allowedIps: ['192.0.2.7', '10.1.0.0/16', '2001:db8::1'] })
  const codeFrom = async (address: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, 'x-forwarded-for': address },
      body: JSON.stringify({ query: '{ apps { name } }' }),
    })
    return ((await response.json()) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code ?? 'OK'
  }
  const addresses = ['192.0.2.7', '192.0.2.8', '10.1.255.1', '10.2.0.1', '2001:db8::1', '2001:db8::2', '::ffff:192.0.2.7']
  assert.deepEqual(await Promise.all(addresses.map(codeFrom)), [
    'OK',
    'UNAUTHENTICATED',
    'OK',
    'UNAUTHENTICATED',
    'OK',
    'UNAUTHENTICATED',
    'OK',
  ])

  for (const bad of ['10.0.0.0/33', 'example.org', '10.0.0', '']) {
    const { errors } = await server.graphqlRaw(CREATE, { allowedIps: [bad] })
    const { code, details } = (errors?.[0]?.extensions ?? {}) as { code?: string; details?: { field?: string } }
    assert.deepEqual([code, details?.field], ['INPUT_INVALID', 'allowedIps'], bad)
  }
})

test('tokens remember when they were used and that they were revoked, beyond a restart', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-accounts-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const env = { DATA_DIR: dataDir }
  let before: Token[]
  let secret: string
  {
    await using server = await TestRuntime.start({ env })
    secret = (await create(server)).secret
    await create(server, { name: 'never used' })
    await server.graphqlRaw('{ apps { name } }', {}, secret)
    await server.graphql('mutation { revokeToken(id: "2") { id } again: revokeToken(id: "2") { id } }')
    assert.equal((await server.graphqlRaw('{ apps { name } }', {}, secret)).errors?.[0]?.extensions?.code, 'UNAUTHENTICATED')
    before = await list(server)
    assert.deepEqual(
      before.map(({ number, lastUsedAt, revokedAt }) => [number, lastUsedAt !== null, revokedAt !== null]),
      [
        [1, true, false],
        [2, true, true],
        [3, false, false],
      ],
    )
  }
  await using server = await TestRuntime.start({ env })
  const [, revoked, unused] = await list(server)
  assert.deepEqual([revoked, unused], before.slice(1))
  assert.equal((await server.graphqlRaw('{ apps { name } }', {}, secret)).errors?.[0]?.extensions?.code, 'UNAUTHENTICATED')
})

test('a token that is limited to an app goes with the app, and opens no later one of its name', async () => {
  await using server = await TestRuntime.start()
  await server.graphql('mutation { createApp(name: "acme") { name } }')
  const { secret } = await create(server, { app: 'acme' })
  const { core } = server.runtime
  assert.ok(core.access.verify(secret))
  await core.apps.delete('acme', { recordings: true })
  await core.apps.create('acme')
  assert.equal(core.access.verify(secret), undefined)
  assert.deepEqual(
    (await list(server)).map(({ name }) => name),
    ['PATCHBAY_API_TOKEN'],
  )
  assert.ok(core.access.verify(TEST_TOKEN))
})

const CREATE = `mutation ($name: String = "t", $app: String, $allowedIps: [String!]) {
  createToken(name: $name, grants: [MANAGE], app: $app, allowedIps: $allowedIps) { secret token { id } }
}`

async function create(
  server: TestRuntime,
  options: { name?: string; app?: string; allowedIps?: string[] } = {},
): Promise<{ secret: string }> {
  return (await server.graphql<{ createToken: { secret: string } }>(CREATE, options)).createToken
}

async function list(server: TestRuntime): Promise<Token[]> {
  return (await server.graphql<{ tokens: Token[] }>(TOKENS)).tokens
}
