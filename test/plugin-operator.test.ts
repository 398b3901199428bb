import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { use } from '../plugins/kit/define-config.ts'
import { TestRuntime } from './harness.ts'

const misbehaves = use('./test/fixtures/plugins/misbehaves.ts')

test('what an operator says about a plugin, in whatever form, is done at once and outlives the server', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-operator-'))
  try {
    {
      await using server = await TestRuntime.start({ plugins: [misbehaves], env: { DATA_DIR: dataDir } })
      await server.graphql(
        'mutation { configurePlugin(name: "misbehaves", options: { greeting: "salut", limits: { depth: 2 } }) { state } }',
      )
      assert.deepEqual(await server.graphql('{ greeting }'), { greeting: 'salut' })
      const configure = 'mutation ($options: JSON!) { configurePlugin(name: "misbehaves", options: $options) { state } }'
      await server.graphql(configure, { options: { greeting: 'servus' } })

      await server.graphql('mutation { disablePlugin(name: "misbehaves") { state } }')
      for (const options of ['text', [], 5]) {
        const { errors } = await server.graphqlRaw(configure, { options })
        assert.equal(errors?.[0]?.extensions?.code, 'INPUT_INVALID')
      }
    }
    await using again = await TestRuntime.start({ plugins: [misbehaves], env: { DATA_DIR: dataDir } })
    const asked = '{ plugin(name: "misbehaves") { state options } }'
    assert.deepEqual(await again.graphql(asked), { plugin: { state: 'DISABLED', options: { greeting: 'servus' } } })
    await again.graphql('mutation { enablePlugin(name: "misbehaves") { state } }')
    assert.deepEqual(await again.graphql('{ greeting }'), { greeting: 'servus' })
    await again.graphql('mutation { disablePlugin(name: "misbehaves") { state } }')
    const away = await again.graphqlRaw('{ greeting }')
    assert.equal(away.errors?.[0]?.extensions?.code, 'PLUGIN_UNAVAILABLE')
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
