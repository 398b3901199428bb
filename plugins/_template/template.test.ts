import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlugins } from '../../test/plugin-support.ts'
import { use } from '../kit/define-config.ts'
import type template from './plugin.ts'

const listed = use<typeof template>('../plugins/_template/plugin.ts', { intervalMs: 20 }, { name: 'template' })

test('the template answers a query, a subscription and a route', async () => {
  await using ground = await startPlugins([listed])

  const { data, errors } = await ground.query<{ templateTick: { at: string } }>('{ templateTick { count at } }')
  assert.equal(errors, undefined)
  assert.match(data.templateTick.at, /^\d{4}-/)

  const counts: number[] = []
  for await (const event of await ground.subscribe<{ templateTicks: { count: number } }>('subscription { templateTicks { count } }')) {
    counts.push(event.data.templateTicks.count)
    if (counts.length === 3) break
  }
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  )

  const response = await fetch(`${ground.url}/template/world`)
  assert.equal(((await response.json()) as { hello: string }).hello, 'world')
})
