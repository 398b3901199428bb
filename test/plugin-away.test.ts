import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eq } from '../core/store/drizzle.ts'
import { pluginManifests } from '../core/store/tables.ts'
import { type PluginUse, use } from '../plugins/kit/define-config.ts'
import { TestRuntime } from './harness.ts'

/** A plugin with a query and a route. */
const LAMP = `
import { definePlugin, pluginBuilder, z } from 'patchbay/kit'

export default definePlugin({
  name: 'lamp',
  version: '2.1.0',
  title: 'Lamp',
  config: z.strictObject({}),
  setup({ http }) {
    http.route('GET', '/lamp', () => new Response('lit'))
    const builder = pluginBuilder()
    builder.queryField('lit', (t) => t.boolean({ description: 'Whether it is lit.', resolve: () => true }))
    return { schema: builder.toSchema() }
  },
})
`

const QUESTION = '{ rooms { name } lit }'
const FIELDS = '{ __schema { queryType { fields { name } } } plugin(name: "lamp") { state title version configSchema } }'

/** A data folder in which the plugin has run once. */
async function afterOneRun(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-away-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const module = join(dataDir, 'lamp.ts')
  await writeFile(module, LAMP)
  const start = (...plugins: readonly PluginUse[]) => TestRuntime.start({ plugins, env: { DATA_DIR: dataDir } })
  const lamp = use(module, {}, { name: 'lamp' })
  {
    await using server = await start(lamp)
    assert.deepEqual(await server.graphql(QUESTION), { rooms: [], lit: true })
  }
  return { module, start, lamp, off: { ...lamp, enabled: false } }
}

async function assertAway(server: TestRuntime): Promise<void> {
  const { data, errors } = await server.graphqlRaw(QUESTION)
  assert.deepEqual(
    [data, errors?.map(({ path, extensions }) => [path, extensions?.code])],
    [{ rooms: [], lit: null }, [[['lit'], 'PLUGIN_UNAVAILABLE']]],
  )
  const known = await server.graphql<{ __schema: { queryType: { fields: { name: string }[] } }; plugin: object }>(FIELDS)
  assert.ok(known.__schema.queryType.fields.some(({ name }) => name === 'lit'))
  assert.partialDeepStrictEqual(known.plugin, { title: 'Lamp', version: '2.1.0', configSchema: { type: 'object' } })
  assert.equal((await fetch(`${server.url}/lamp`)).status, 503)
}

test('the fields of a plugin that is switched off since before the start answer that it is away, and come back with it', async (t) => {
  const { start, off } = await afterOneRun(t)
  await using server = await start(off)
  await assertAway(server)
  await server.graphql('mutation { enablePlugin(name: "lamp") { state } }')
  assert.deepEqual(await server.graphql(QUESTION), { rooms: [], lit: true })
  assert.equal(await (await fetch(`${server.url}/lamp`)).text(), 'lit')
})

test('so do those of a plugin that fails to load', async (t) => {
  const { module, start, lamp } = await afterOneRun(t)
  await writeFile(module, "throw new Error('broken at load')")
  await using server = await start(lamp)
  await assertAway(server)
  await writeFile(module, LAMP)
  await server.graphql('mutation { restartPlugin(name: "lamp") { state } }')
  assert.deepEqual(await server.graphql(QUESTION), { rooms: [], lit: true })
})

test('a plugin that is not listed any more, or is another module by now, contributes nothing', async (t) => {
  const { start, off } = await afterOneRun(t)
  for (const plugins of [[], [{ ...off, from: './test/fixtures/plugins/echo.ts' }]]) {
    await using server = await start(...plugins)
    assert.equal((await server.graphqlRaw(QUESTION)).errors?.[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED')
    assert.equal((await fetch(`${server.url}/lamp`)).status, 404)
  }
})

test('what does not fit the API any more, or can not be read, is left out and said', async (t) => {
  const { start, off } = await afterOneRun(t)
  for (const change of [
    { sdl: 'type Room { lit: Boolean }' },
    { sdl: 'no SDL' },
    { routes: [{ method: 'GET', path: 'x' }] },
    { grants: 'x' },
  ]) {
    {
      await using server = await start({ ...off, enabled: true })
      const { store } = server.runtime.core
      const [row] = await store.select().from(pluginManifests)
      const manifest = { ...(row?.manifest as object), ...change }
      await store.update(pluginManifests).set({ manifest }).where(eq(pluginManifests.name, 'lamp'))
    }
    await using server = await start(off)
    assert.equal((await server.graphqlRaw(QUESTION)).errors?.[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED', JSON.stringify(change))
    const said = server.log.map((line) => JSON.parse(line) as { level: number; plugin?: string; msg: string })
    assert.ok(said.some(({ plugin, msg }) => plugin === 'lamp' && msg.includes('at an earlier start')))
    assert.deepEqual(await server.graphql('{ rooms { name } }'), { rooms: [] })
  }
})
