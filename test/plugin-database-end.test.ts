import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestRuntime } from './harness.ts'
import { fixture } from './plugin-support.ts'

test('a plugin that is stopped in the middle of its database work takes nobody along', { timeout: 60_000 }, async () => {
  await using runtime = await TestRuntime.start({ plugins: [{ ...fixture('scribe'), from: './test/fixtures/plugins/scribe.ts' }] })
  for (let time = 0; time < 6; time++) {
    await runtime.graphql('mutation { restartPlugin(name: "scribe") { state } }')
  }
  const { plugin } = await runtime.graphql<{ plugin: { state: string } }>('{ plugin(name: "scribe") { state } }')
  assert.equal(plugin.state, 'RUNNING')
})
