import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { MediaError } from '../core/kernel/errors.ts'
import { codesOf, fixture, startPlugins, untilState } from './plugin-support.ts'

const misbehave = (how: string) => `mutation { misbehave(how: "${how}") }`

test('a plugin that throws at load is parked with its log, and costs the start and the others nothing', async () => {
  const before = performance.now()
  await using ground = await startPlugins([fixture('throws-at-load'), fixture('misbehaves')])
  assert.ok(performance.now() - before < 3_000)
  assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'hello' })

  const plugin = await untilState(ground, 'throws-at-load', 'FAILED')
  assert.equal(plugin.restarts, 4)
  assert.match(plugin.lastError ?? '', /broken at load/)
  const logged = [...plugin.logs].map((line) => JSON.stringify(line.fields)).join('\n')
  assert.match(logged, /throws-at-load\.ts/)
  const task = [...ground.tasks].find(({ name }) => name === 'throws-at-load')
  assert.equal(task?.state, 'FAILED')
})

for (const [how, reason] of [
  ['THROW', /broken later/],
  ['REJECT', /nobody catches this/],
  ['EXIT', /code: 3/],
  ['LEAK', /memory/i],
  ['LEAK_BUFFERS', /MiB outside of its heap/],
  ['LOOP', /silentMs/],
] as const) {
  test(`a plugin that misbehaves (${how}) comes back, and nobody else notices`, async () => {
    await using ground = await startPlugins([fixture('misbehaves', {}, { budget: { memoryMb: 64 } }), fixture('zoo')])
    await ground.query(misbehave(how))
    const startedAt = performance.now()

    const plugin = await untilState(ground, 'misbehaves', 'RESTARTING')
    if (how === 'LOOP') assert.ok(performance.now() - startedAt < 3_000, `noticed after ${performance.now() - startedAt} ms`)
    assert.match(plugin.lastError ?? '', reason)
    const meanwhile = await ground.query('{ version greeting animals { name } }')
    assert.deepEqual(codesOf(meanwhile), ['PLUGIN_UNAVAILABLE'])
    assert.equal(meanwhile.data.version, '1')
    assert.equal(meanwhile.data.greeting, null)
    assert.match(meanwhile.errors?.[0]?.message ?? '', /misbehaves/)

    await untilState(ground, 'misbehaves', 'RUNNING')
    console.log(`${how}: back after ${Math.round(performance.now() - startedAt)} ms`)
    assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'hello' })
    assert.equal(plugin.restarts, 1)
  })
}

test('who waits for an answer of a plugin that hangs is told that it is unavailable', async () => {
  await using ground = await startPlugins([fixture('misbehaves')])
  const silence = await ground.subscribe('subscription { silence }')
  const event = silence.next()
  await ground.query(misbehave('LOOP'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(codesOf(await ground.query('{ greeting }')), ['PLUGIN_UNAVAILABLE'])
  assert.deepEqual(codesOf((await event).value), ['PLUGIN_UNAVAILABLE'])
  assert.equal((await silence.next()).done, true)
})

test('a bad option is refused by name, at once and without retries', async () => {
  await using ground = await startPlugins([fixture('misbehaves', { limits: { depth: 9 } })])
  const plugin = await untilState(ground, 'misbehaves', 'FAILED')
  assert.equal(plugin.restarts, 0)
  assert.match(plugin.lastError ?? '', /field: limits\.depth/)

  await plugin.configure({ limits: { depth: 2 } })
  assert.equal(plugin.state, 'RUNNING')
})

test('a plugin is disabled, enabled, configured and restarted while the server runs', async () => {
  await using ground = await startPlugins([fixture('misbehaves', { greeting: 'good day' }, { enabled: false })])
  const plugin = ground.host.get('misbehaves')
  assert.equal(plugin.state, 'DISABLED')
  assert.equal(ground.host.schema.getQueryType()?.getFields().greeting, undefined)

  const composed = once(ground.host.events, 'schema')
  await plugin.enable()
  await composed
  assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'good day' })

  await plugin.configure({ greeting: 'good night' })
  assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'good night' })

  const refused = plugin.configure({ greeting: 'x' })
  await assert.rejects(
    refused,
    (error) => error instanceof MediaError && error.code === 'PLUGIN_CONFIG_INVALID' && error.details.field === 'greeting',
  )
  await assert.rejects(plugin.configure({ colour: 'red' }), /field: colour/)
  assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'good night' })

  await plugin.restart()
  assert.deepEqual((await ground.query('{ greeting }')).data, { greeting: 'good night' })

  await plugin.disable()
  assert.deepEqual(codesOf(await ground.query('{ greeting }')), ['PLUGIN_UNAVAILABLE'])
  assert.equal(
    [...ground.tasks].some(({ name }) => name === 'misbehaves'),
    false,
  )
})

test('tasks of a plugin stand below it, are stopped in its thread, and go with it', async () => {
  await using ground = await startPlugins([fixture('misbehaves')])
  const job = [...ground.tasks].find(({ name }) => name === 'job')
  assert.equal(job?.parent?.name, 'misbehaves')
  assert.equal(job?.state, 'RUNNING')

  const logged = once(ground.host.events, 'line')
  await ground.tasks.stop(job?.id ?? '')
  assert.equal((await logged)[1].message, 'job stopped')

  await ground.query(misbehave('EXIT'))
  await untilState(ground, 'misbehaves', 'RESTARTING')
  assert.equal(job?.state, 'STOPPED')
})

test('the last words of a plugin that exits are kept', async () => {
  await using ground = await startPlugins([fixture('dying')])
  const plugin = await untilState(ground, 'dying', 'FAILED')
  const words = [...plugin.logs].map(({ message }) => message)
  assert.equal(words.filter((message) => message === 'last words').length, 5)
  assert.match(plugin.lastError ?? '', /code: 7/)
})

test('a plugin that never gets set up is named, and one that does not stop is ended', async () => {
  await using ground = await startPlugins([fixture('misbehaves', { atSetup: 'HANG' }, { budget: { startMs: 300 } })])
  assert.match(ground.host.get('misbehaves').lastError ?? '', /misbehaves.*startMs: 300/)

  await using other = await startPlugins([fixture('misbehaves', { onStop: 'HANG' }, { budget: { stopMs: 200 } })])
  const before = performance.now()
  await other.host.get('misbehaves').disable()
  assert.ok(performance.now() - before < 1_000)
})

test('a running plugin tells its health and answers the core', async () => {
  await using ground = await startPlugins([fixture('zoo')])
  const plugin = ground.host.get('zoo')
  await ground.host.get('zoo').remote.thread.health()
  while (!plugin.health) await new Promise(setImmediate)
  assert.ok(plugin.health.heapUsedBytes > 1_000_000)
  assert.ok(plugin.health.cpuMs > 0)
  assert.deepEqual((await ground.query('{ roomName }')).data, { roomName: 'yard' })
})
