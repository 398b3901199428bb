import assert from 'node:assert/strict'
import { test } from 'node:test'
import { use } from 'patchbay/kit'
import { conformance, TestRuntime } from 'patchbay/test'

const module = import.meta.resolve('./plugin.js')

conformance(module, { options: {}, badOptions: { text: 5 } })

test('an app that installs and enables it shows its text, and one that does not shows nothing', async () => {
  await using runtime = await TestRuntime.start({ plugins: [use(module)] })
  const shown = async () => (await runtime.graphql('{ watermark(app: "live") { text position opacity } }')).watermark
  const set = 'mutation ($config: JSON!) { setAppPlugin(app: "live", plugin: "watermark", enabled: true, config: $config) { enabled } }'
  assert.equal(await shown(), null)
  await assert.rejects(runtime.graphql(set, { config: {} }), /PLUGIN_CONFIG_INVALID.*not installed/)

  await runtime.graphql('mutation { installAppPlugin(app: "live", plugin: "watermark") { installed } }')
  assert.equal(await shown(), null)
  await runtime.graphql(set, { config: { text: 'Yard', position: 'top-left' } })
  assert.deepEqual(await shown(), { text: 'Yard', position: 'top-left', opacity: 0.6 })
  await assert.rejects(runtime.graphql(set, { config: { opacity: 'half' } }), /PLUGIN_CONFIG_INVALID.*opacity/)
  await assert.rejects(runtime.graphql(set, { config: { colour: 'red' } }), /PLUGIN_CONFIG_INVALID.*colour/)

  await runtime.graphql('mutation { uninstallAppPlugin(app: "live", plugin: "watermark") { installed } }')
  assert.equal(await shown(), null)
})
