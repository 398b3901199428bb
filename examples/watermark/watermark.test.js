import assert from 'node:assert/strict'
import { test } from 'node:test'
import { use } from 'patchbay/kit'
import { conformance, TestRuntime } from 'patchbay/test'

const module = import.meta.resolve('./plugin.js')

conformance(module, { options: { text: 'Patchbay' }, badOptions: { text: 5, position: 'OUTSIDE', opacity: 2 } })

test('an app shows the text of the plugin until it says otherwise', async () => {
  await using runtime = await TestRuntime.start({ plugins: [use(module, { text: 'Patchbay' })] })
  const shown = async () => (await runtime.graphql('{ watermark(app: "live") { text position opacity } }')).watermark
  assert.deepEqual(await shown(), { text: 'Patchbay', position: 'BOTTOM_RIGHT', opacity: 0.6 })

  const set = 'mutation ($config: JSON!) { setAppPlugin(app: "live", plugin: "watermark", config: $config) { enabled } }'
  await runtime.graphql(set, { config: { text: 'Yard', position: 'TOP' } })
  assert.deepEqual(await shown(), { text: 'Yard', position: 'TOP', opacity: 0.6 })
  await assert.rejects(runtime.graphql(set, { config: { opacity: 'half' } }), /PLUGIN_CONFIG_INVALID.*opacity/)
})
