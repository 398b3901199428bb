import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { coreEvents } from '../core/events/events.ts'
import { Feed } from '../core/kernel/feed.ts'
import { use } from '../plugins/kit/define-config.ts'
import type { LogLine, PluginInApp } from '../plugins/kit/protocol.ts'
import type { Plugin } from '../runtime/host/plugin.ts'
import { PluginBus } from '../runtime/host/plugin-bus.ts'
import { loadPluginsConfig, resolvePlugins } from '../runtime/host/plugins-config.ts'
import type misbehaves from './fixtures/plugins/misbehaves.ts'
import { fixture, startPlugins } from './plugin-support.ts'

const keeper = [fixture('keeper')]

test('a plugin keeps rows in its own tables, which outlive it', async () => {
  const events = coreEvents()
  const bus = new PluginBus(events)
  await using ground = await startPlugins(keeper, { bus })
  const noted = bus.watch('keeper:noted')[Symbol.asyncIterator]()
  await ground.host.get('keeper').remote.thread.health()
  // What core's own room is, only its projection reads.
  events.emit('room.opened', {
    name: 'live-yard',
    app: { name: 'live' },
    localName: 'yard',
    participants: new Map(),
    audience: [],
  } as never)
  assert.equal((await noted.next()).value, 'live-yard')
  assert.deepEqual((await ground.query('{ notes journal }')).data, { notes: ['live-yard'], journal: 'wal' })

  await ground.host.get('keeper').restart()
  assert.deepEqual((await ground.query('{ notes }')).data, { notes: ['live-yard'] })
})

test('nobody emits in the name of another, or watches what can not be', () => {
  const bus = new PluginBus()
  assert.throws(() => bus.emit('keeper', 'zoo:closed', 1), /keeper:/)
  assert.throws(() => bus.watch('room.painted'), /room\.painted/)
})

test('a flood of log lines costs the oldest, and says so', async () => {
  await using ground = await startPlugins(keeper)
  const lines: LogLine[] = []
  ground.host.events.on('line', (_plugin: Plugin, line: LogLine) => void lines.push(line))
  await ground.query('{ babble }')
  while (lines.at(-1)?.fields.n !== 2_999) await once(ground.host.events, 'line')
  assert.ok(lines.some(({ fields }) => Number(fields.dropped) >= 1_900))
  assert.ok(lines.length <= 1_100)
  assert.equal((lines.at(-1)!.fields.err as { message: string }).message, 'x')
  assert.equal([...ground.host.get('keeper').logs].length, 500)

  const stopped = ground.host.get('keeper').disable()
  await stopped
  assert.equal([...ground.host.get('keeper').logs].at(-1)?.message, 'closing')
})

test('a plugin is told what apps say of it, in its own types', async () => {
  const changes = new Feed<PluginInApp>()
  const apps = {
    get: async (_plugin: string, app: string) => ({ app, enabled: true, config: app === 'deep' ? { depth: 9 } : {} }),
    watch: () => changes,
  }
  await using ground = await startPlugins(keeper, { apps })
  assert.deepEqual((await ground.query('{ live: depth(app: "live") deep: depth(app: "deep") }')).data, { live: 3, deep: 9 })

  const line = once(ground.host.events, 'line')
  changes.push({ app: 'live', enabled: false, config: { depth: 4 } })
  assert.deepEqual((await line)[1].fields, { app: 'live', enabled: false, depth: 4 })
})

test('a pipeline of a plugin is a task below it while it runs', async () => {
  await using ground = await startPlugins(keeper)
  const states: string[] = []
  ground.tasks.events.on('changed', (task) => {
    if (task.type === 'PIPELINE') states.push(`${task.parent?.name}/${task.name} ${task.state}`)
  })
  assert.deepEqual((await ground.query('{ pipeline }')).data, { pipeline: 'EOS' })
  assert.deepEqual([states[0], states.at(-1)], ['keeper/short STARTING', 'keeper/short STOPPED'])
})

test('options are typed by the plugin they are for', () => {
  const from = './fixtures/plugins/misbehaves.ts'
  assert.deepEqual(use<typeof misbehaves>(from, { greeting: 'hi' }, { budget: { memoryMb: 64 } }), {
    from,
    name: 'misbehaves',
    options: { greeting: 'hi' },
    enabled: true,
    budget: { memoryMb: 64 },
  })
  // @ts-expect-error: an option that it does not have does not compile.
  use<typeof misbehaves>(from, { colour: 'red' })
  // @ts-expect-error: nor does one of the wrong type.
  use<typeof misbehaves>(from, { greeting: 1 })
  assert.equal(use('@acme/patchbay-onvif').name, 'onvif')
  assert.equal(use('./plugins/rtmp/plugin.ts').name, 'rtmp')
})

test('plugins are found by path and by package, and all that are not are named', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'patchbay-config-'))
  const kit = new URL('../plugins/kit/', import.meta.url)
  const packaged = join(directory, 'node_modules/@acme/patchbay-lamp')
  await mkdir(packaged, { recursive: true })
  await writeFile(
    join(packaged, 'package.json'),
    JSON.stringify({ name: '@acme/patchbay-lamp', type: 'module', exports: { './plugin.js': './plugin.js' } }),
  )
  await writeFile(
    join(packaged, 'plugin.js'),
    `const config = { safeParse: (data) => ({ success: true, data }), _zod: { def: { type: 'any' }, toJSONSchema: () => ({}) } }
     export default { name: 'lamp', version: '1', title: 'Lamp', config, setup({ http }) { http.route('GET', '/lamp', () => new Response('on')) } }`,
  )
  const config = join(directory, 'plugins.config.ts')
  await writeFile(
    config,
    `import { definePluginsConfig, use } from '${new URL('define-config.ts', kit)}'
     export default definePluginsConfig(({ host }) => [use('@acme/patchbay-lamp', { host })])`,
  )
  try {
    const entries = await loadPluginsConfig(pathToFileURL(config).href, {
      host: '127.0.0.1',
      rtmpPort: 0,
      goLive: { records: { enabled: false, dir: undefined } },
    })
    assert.deepEqual(entries[0]?.options, { host: '127.0.0.1' })

    await using ground = await startPlugins([])
    await Promise.all(entries.map((entry) => ground.host.install(entry)))
    assert.equal(ground.host.get('lamp').lastError, undefined)
    assert.equal(await (await fetch(`${ground.url}/lamp`)).text(), 'on')
    await ground.host.uninstall('lamp')
    assert.equal(await (await fetch(`${ground.url}/lamp`)).text(), 'main')
  } finally {
    await rm(directory, { recursive: true })
  }
  const unknown = [use('./nowhere.ts'), use('@acme/nothing'), fixture('zoo'), fixture('zoo')]
  assert.throws(
    () => resolvePlugins(unknown, import.meta.url),
    (error: Error) =>
      /nowhere\.ts/.test(error.message) && /@acme\/nothing/.test(error.message) && /two plugins are called zoo/.test(error.message),
  )
})
