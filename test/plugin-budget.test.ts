import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BudgetWatch, DEFAULT_BUDGET, mistakeIn } from '../runtime/host/budget-watch.ts'
import { TestRuntime } from './harness.ts'
import { fixture, startPlugins, untilState } from './plugin-support.ts'

/** What a watch says of a thread that uses this share of a CPU, beat by beat. */
function beats(watch: BudgetWatch, fromMs: number, toMs: number, cpuShare: number, eventLoopDelayMs = 0): string[] {
  const told: string[] = []
  const usual = { utilization: 0, heapUsedBytes: 0, heapLimitBytes: 0, externalBytes: 0 }
  for (let at = fromMs; at <= toMs; at += 250) {
    const exceeded = watch.add({ ...usual, cpuMs: at * cpuShare, eventLoopDelayMs }, at)
    if (exceeded !== undefined) told.push(exceeded)
  }
  return told
}

test('a budget is exceeded on the average of its whole time, and that is told once in it', () => {
  const budget = { ...DEFAULT_BUDGET, cpuPercent: 50, eventLoopDelayMs: 20, overMs: 1_000 }
  const busy = new BudgetWatch(budget)
  assert.deepEqual(beats(busy, 0, 750, 0.8), [], 'not before the time is over')
  assert.deepEqual(beats(busy, 1_000, 1_750, 0.8), ['it used 80 % of a CPU over 1 s; its budget is 50 %'])
  assert.equal(beats(busy, 2_000, 2_000, 0.8).length, 1)

  assert.deepEqual(beats(new BudgetWatch(budget), 0, 5_000, 0.4, 19), [])
  assert.deepEqual(beats(new BudgetWatch(budget), 0, 1_000, 0.4, 30), ['its event loop was 30 ms late over 1 s; its budget is 20 ms'])
})

test('a budget that can not be kept is refused by name', () => {
  assert.match(mistakeIn({ cpuPercent: -1 }) ?? '', /budget\.cpuPercent/)
  assert.match(mistakeIn({ onExceeded: 'STOP' as 'LOG' }) ?? '', /budget\.onExceeded/)
  assert.match(mistakeIn({ colour: 1 } as object) ?? '', /budget\.colour/)
  assert.equal(mistakeIn({ cpuPercent: 150, memoryMb: 64, onExceeded: 'LOG' }), undefined)
})

test('a plugin that uses too much of a CPU is started again, or only told of', async () => {
  const budget = { cpuPercent: 10, overMs: 500 }
  await using ground = await startPlugins([fixture('busy', {}, { budget })])
  const plugin = await untilState(ground, 'busy', 'RESTARTING')
  assert.match(plugin.lastError ?? '', /it used \d+ % of a CPU over 0\.5 s; its budget is 10 %/)

  await using other = await startPlugins([fixture('busy', {}, { budget: { eventLoopDelayMs: 1, overMs: 500, onExceeded: 'LOG' } })])
  const lines = other.host.events
  const told = await new Promise<string>((resolve) =>
    lines.on('line', (_plugin, { level, message }) => level === 'warn' && resolve(message)),
  )
  assert.match(told, /exceeds its budget: its event loop was \d+ ms late/)
  assert.equal(other.host.get('busy').restarts, 0)
})

test('what a plugin did not close is named', async () => {
  await using ground = await startPlugins([fixture('leaves'), fixture('keeper')])
  for (const plugin of ground.host) await plugin.disable()
  assert.deepEqual(ground.host.get('leaves').leftOpen, ['TCPServerWrap'])
  assert.match([...ground.host.get('leaves').logs].at(-1)?.message ?? '', /did not close .*TCPServerWrap/)
  assert.deepEqual(ground.host.get('keeper').leftOpen, [])
})

test('pluginTop shows every plugin with what its thread uses', async () => {
  const busy = { ...fixture('busy', {}, { budget: { cpuPercent: 90 } }), from: './test/fixtures/plugins/busy.ts' }
  await using runtime = await TestRuntime.start({ plugins: [busy] })
  const fields =
    'name state restarts budget { cpuPercent memoryMb onExceeded } health { cpuPercent heapUsedBytes heapLimitBytes externalBytes eventLoopDelayMs utilization }'
  type Top = { pluginTop: { name: string; state: string; budget: object; health: Record<string, number> | null }[] }
  for await (const { pluginTop } of runtime.subscribe<Top>(`subscription { pluginTop(intervalMs: 200) { ${fields} } }`)) {
    const [plugin] = pluginTop
    if (!plugin?.health?.cpuPercent) continue
    assert.deepEqual(plugin.budget, { cpuPercent: 90, memoryMb: 256, onExceeded: 'RESTART' })
    assert.ok(plugin.health.cpuPercent > 0 && plugin.health.cpuPercent < 110, `${plugin.health.cpuPercent} %`)
    assert.ok(plugin.health.heapUsedBytes! > 1_000_000)
    break
  }
  const { errors } = await runtime.graphqlRaw('subscription { pluginTop(intervalMs: 5) { name } }')
  assert.ok(errors)
})
