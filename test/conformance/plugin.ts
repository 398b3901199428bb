import assert from 'node:assert/strict'
import { once } from 'node:events'
import { registerHooks } from 'node:module'
import { after, before, suite, test } from 'node:test'
import { validateSchema } from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import { type PluginUse, use } from '../../plugins/kit/define-config.ts'
import type { Plugin } from '../../runtime/host/plugin.ts'
import { TestRuntime } from '../harness.ts'

export type ConformanceOptions = {
  /** Options that the plugin runs with. */
  options?: Record<string, unknown>
  /** Mistakes by the option that they are made in; each is tried alone, with the rest as in `options`. */
  badOptions: Record<string, unknown>
  /** The plugin's name, where it is not that of its folder or package. */
  name?: string
  /** Other plugins that run beside it, to see that they do not notice. */
  beside?: readonly PluginUse[]
}

const REPOSITORY = new URL('../../', import.meta.url)
/** Milliseconds that the main thread may be busy at a stretch; a machine that does much else is late, too. */
const MAIN_BUSY_MS = 400

/**
 * Registers what every plugin promises as tests, against a whole server.
 *
 * @param plugin The plugin's module: `import.meta.resolve('./plugin.ts')`, or a path from the repository.
 * @example conformance(import.meta.resolve('./plugin.ts'), { options: { intervalMs: 50 }, badOptions: { intervalMs: 'soon' } })
 */
export function conformance(plugin: string | URL, { options = {}, badOptions, name, beside = [] }: ConformanceOptions): void {
  const module = new URL(plugin, REPOSITORY)
  const listed = use(module.href, options, name === undefined ? {} : { name })

  suite(`${listed.name} conforms`, () => {
    const loadedHere = modulesLoadedFrom(new URL('./', module))
    let runtime: TestRuntime
    let it: Plugin
    before(async () => {
      runtime = await TestRuntime.start({ plugins: [listed, ...beside] })
      it = runtime.runtime.host.get(listed.name)
      await until(runtime, () => it.state === 'RUNNING' || it.state === 'FAILED')
    })
    after(() => runtime?.[Symbol.asyncDispose]())

    test('starts', () => {
      assert.equal(it.state, 'RUNNING', `${it.lastError}\n${linesOf(it)}`)
      assert.match(it.manifest?.version ?? '', /^\d+\.\d+\.\d+/, 'its version is a semantic one')
      assert.ok(it.manifest?.title, 'it has a title')
    })

    test('refuses bad config by field name', async () => {
      assert.ok(Object.keys(badOptions).length > 0, 'badOptions names at least one option')
      for (const [field, value] of Object.entries(badOptions)) {
        const refused = await it.configure({ ...options, [field]: value }).then(
          () => assert.fail(`${field}: ${JSON.stringify(value)} was accepted`),
          (error: unknown) => error,
        )
        assert.ok(refused instanceof MediaError && refused.code === 'PLUGIN_CONFIG_INVALID', String(refused))
        assert.match(String(refused.details.field), new RegExp(`^${RegExp.escape(field)}($|\\.)`), 'the error names the option')
        assert.equal(it.state, 'RUNNING', 'it goes on as it was')
      }
    })

    test('contributes a valid schema', () => {
      const { schema } = runtime.runtime.host
      assert.deepEqual(validateSchema(schema), [])
      assert.equal(it.state, 'RUNNING', `it was parked: ${it.lastError}`)
      const silent = [...it.logs].filter(({ message }) => message === 'fields without a description').map(({ fields }) => fields.fields)
      assert.deepEqual(silent, [], 'every field has a description')
    })

    test('survives its own crash', async () => {
      const { restarts } = it
      const others = [...runtime.runtime.host].filter((other) => other !== it).map((other) => [other, other.restarts] as const)
      await it.remote.thread.crash()
      await until(runtime, () => it.restarts > restarts && it.state === 'RUNNING')
      assert.equal(it.restarts, restarts + 1)
      for (const [other, before] of others) assert.equal(other.restarts, before, `${other.name} did not notice`)
    })

    test('stops within its deadline', async () => {
      const startedAt = performance.now()
      await it.disable()
      const tookMs = performance.now() - startedAt
      assert.ok(tookMs < it.budget.stopMs, `it took ${Math.round(tookMs)} ms`)
      assert.equal(it.state, 'DISABLED')
    })

    test('leaves no handle', async () => {
      await it.enable()
      await it.disable()
      assert.deepEqual(it.leftOpen, [])
    })

    test('leaves main thread alone', async () => {
      await it.enable()
      let busyMs = Number.POSITIVE_INFINITY
      for (let tries = 0; tries < 3 && busyMs > MAIN_BUSY_MS; tries++) {
        const longest = longestTurn()
        await it.restart()
        busyMs = longest()
      }
      assert.equal(it.state, 'RUNNING')
      assert.ok(busyMs < MAIN_BUSY_MS, `the main thread was busy for ${Math.round(busyMs)} ms at a stretch`)
      assert.deepEqual(loadedHere(), [], 'nothing of it is loaded by the main thread')
    })
  })
}

/** Which modules below a folder this thread loads from now on, but for tests. */
function modulesLoadedFrom(folder: URL): () => string[] {
  const loaded: string[] = []
  registerHooks({
    load(url, context, next) {
      if (url.startsWith(folder.href) && !/test/.test(url.slice(folder.href.length))) loaded.push(url)
      return next(url, context)
    },
  })
  return () => loaded
}

/** @returns Stops, and answers the longest time in milliseconds that the event loop has not turned. */
function longestTurn(): () => number {
  let longestMs = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }, 5)
  return () => {
    clearInterval(timer)
    return longestMs
  }
}

async function until({ runtime }: TestRuntime, isReached: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000)
  while (!isReached()) await once(runtime.host.events, 'state', { signal })
}

const linesOf = ({ logs }: Plugin) => [...logs].map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`).join('\n')
