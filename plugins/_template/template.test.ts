import assert from 'node:assert/strict'
import { test } from 'node:test'
import { use } from 'patchbay/kit'
import { conformance, TestRuntime } from 'patchbay/test'
import type template from './plugin.ts'

const module = import.meta.resolve('./plugin.ts')

conformance(module, { name: 'template', options: { intervalMs: 20 }, badOptions: { intervalMs: 'often' } })

test('the template answers a query, a subscription and a route', async () => {
  await using runtime = await TestRuntime.start({ plugins: [use<typeof template>(module, { intervalMs: 20 }, { name: 'template' })] })

  const { templateTick } = await runtime.graphql<{ templateTick: { at: string } }>('{ templateTick { count at } }')
  assert.match(templateTick.at, /^\d{4}-/)

  const counts: number[] = []
  for await (const { templateTicks } of runtime.subscribe<{ templateTicks: { count: number } }>(
    'subscription { templateTicks { count } }',
  )) {
    counts.push(templateTicks.count)
    if (counts.length === 3) break
  }
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  )

  const response = await fetch(`${runtime.url}/template/world`)
  assert.equal(((await response.json()) as { hello: string }).hello, 'world')
})
