import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { PluginUse } from '../plugins/kit/define-config.ts'
import { readEnv } from '../runtime/config/env.ts'
import { loadPluginsConfig, resolvePlugins } from '../runtime/host/plugins-config.ts'
import { ServerLog } from '../runtime/log.ts'
import { type Runtime, startRuntime } from '../runtime/runtime.ts'

export const TEST_TOKEN = 'sk_test_0123456789abcdef0123456789abcdef'

const REPOSITORY = new URL('../', import.meta.url)

export type TestRuntimeOptions = {
  plugins?: readonly PluginUse[]
  /** File URL of a `plugins.config.ts` to read instead. */
  pluginsConfig?: string
  env?: Record<string, string>
}

/** What a field answers whose plugin does not run, or has not run yet. */
const AWAY: ReadonlySet<string> = new Set(['GRAPHQL_VALIDATION_FAILED', 'PLUGIN_UNAVAILABLE'])

/** A whole server on free ports of loopback with data of its own, and a caller that may do everything. */
export class TestRuntime implements AsyncDisposable {
  readonly runtime: Runtime
  /** Everything it logged, as JSON lines. */
  readonly log: string[]
  /** Made for this server, and removed with it. */
  readonly #dataDir: string

  static async start({ plugins = [], pluginsConfig, env = {} }: TestRuntimeOptions = {}): Promise<TestRuntime> {
    const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-test-'))
    const config = readEnv({
      PORT: '0',
      RTMP_PORT: '0',
      RTC_PORT: '0',
      WORKERS: '1',
      DATA_DIR: dataDir,
      PATCHBAY_API_TOKEN: TEST_TOKEN,
      STUN_URLS: 'none',
      ...env,
    })
    const log: string[] = []
    const serverLog = new ServerLog({ level: config.logLevel, write: (line) => log.push(line) })
    const entries = pluginsConfig
      ? await loadPluginsConfig(pluginsConfig, config)
      : resolvePlugins(plugins, new URL('plugins.config.ts', REPOSITORY).href)
    return new TestRuntime(await startRuntime({ config, plugins: entries, log: serverLog }), log, dataDir)
  }

  private constructor(runtime: Runtime, log: string[], dataDir: string) {
    this.runtime = runtime
    this.log = log
    this.#dataDir = dataDir
  }

  get url(): string {
    return `http://127.0.0.1:${this.runtime.port}`
  }

  /** The data of an operation. @throws with the errors' messages when there are any. */
  async graphql<T = Record<string, unknown>>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { data, errors } = await this.graphqlRaw<T>(query, variables)
    if (errors) throw new Error(errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n'))
    return data as T
  }

  async graphqlRaw<T>(query: string, variables: Record<string, unknown> = {}, token: string = TEST_TOKEN): Promise<GraphqlAnswer<T>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as GraphqlAnswer<T>
  }

  /** The events of a subscription, as it is told over server-sent events. @throws with the errors' messages when there are any. */
  async *subscribe<T = Record<string, unknown>>(query: string, variables: Record<string, unknown> = {}): AsyncGenerator<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${TEST_TOKEN}` },
      body: JSON.stringify({ query, variables }),
    })
    for await (const { data, errors } of eventsOf<GraphqlAnswer<T>>(response)) {
      if (errors) throw new Error(errors.map(({ message }) => message).join('\n'))
      yield data as T
    }
  }

  /** Asks until the answer is as wanted, and answers it. A plugin that is not there yet is waited for. */
  async until<T>(query: string, isReached: (data: T) => boolean, withinMs = 10_000): Promise<T> {
    const deadline = Date.now() + withinMs
    for (;;) {
      const { data, errors } = await this.graphqlRaw<T>(query)
      const isAway = errors?.some(({ extensions }) => AWAY.has(String(extensions?.code)))
      if (errors && !isAway) throw new Error(errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n'))
      if (!errors && isReached(data as T)) return data as T
      if (Date.now() > deadline) {
        const last = JSON.stringify(errors ?? data)
        throw new Error(`not reached within ${withinMs} ms; last: ${last}\n${this.log.slice(-20).join('')}`)
      }
      await wait(50)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime.close()
    await rm(this.#dataDir, { recursive: true, force: true })
  }
}

export type GraphqlAnswer<T> = { data?: T; errors?: { message: string; path?: unknown[]; extensions?: Record<string, unknown> }[] }

/** The data of server-sent events named `next`, parsed. */
async function* eventsOf<T>({ body }: Response): AsyncGenerator<T> {
  let pending = ''
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (pending + text).split('\n\n')
    pending = events.pop() ?? ''
    for (const event of events) {
      const data = /^event: next\n(?:.*\n)*?data: (.*)$/m.exec(event)?.[1]
      if (data !== undefined) yield JSON.parse(data) as T
    }
  }
}

/** A TCP port of loopback that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
