import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addResolversToSchema } from '@graphql-tools/schema'
import { buildSchema, type ExecutionResult, type GraphQLSchema, graphql, parse, subscribe } from 'graphql'
import { type Caller, SYSTEM } from '../core/access/caller.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { Lifetime } from '../core/kernel/lifetime.ts'
import type { Log } from '../core/kernel/log.ts'
import { Tasks } from '../core/tasks/tasks.ts'
import { type PluginUse, use } from '../plugins/kit/define-config.ts'
import { PluginHandoff } from '../runtime/host/handoff.ts'
import type { Plugin, PluginState } from '../runtime/host/plugin.ts'
import { allApps } from '../runtime/host/plugin-apps.ts'
import { PluginBus } from '../runtime/host/plugin-bus.ts'
import { PluginHost, type PluginHostOptions } from '../runtime/host/plugin-host.ts'
import { resolvePlugins } from '../runtime/host/plugins-config.ts'

/** A core of two people in one room. */
const PEOPLE = [
  { id: 'PA_1', name: 'Ada', joinedAt: new Date('2026-01-01T00:00:00Z') },
  { id: 'PA_2', name: 'Grace', joinedAt: new Date('2026-01-02T00:00:00Z') },
]

function coreSchema(): GraphQLSchema {
  const schema = buildSchema(`
    scalar DateTime
    type Participant { id: ID! name: String! joinedAt: DateTime! }
    type Query { participants: [Participant!]! version: String! }
    type Mutation { rename(id: ID!, name: String!): Participant! }
    type Subscription { clock: Int! }
  `)
  return addResolversToSchema({
    schema,
    resolvers: {
      DateTime: { serialize: (date: Date) => date.toISOString(), parseValue: (text: string) => new Date(text) },
      Query: { participants: () => PEOPLE, version: () => '1' },
    },
  })
}

export const fixture = (name: string, options: unknown = {}, more: Parameters<typeof use>[2] = {}): PluginUse =>
  use(`./fixtures/plugins/${name}.ts`, options, more)

export type Ground = Awaited<ReturnType<typeof startPlugins>>

/** A plugin host with real threads, and an HTTP server in front of it. */
export async function startPlugins(plugins: readonly PluginUse[], overrides: Partial<PluginHostOptions> = {}) {
  const lifetime = new Lifetime()
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-plugins-'))
  lifetime.add('data', () => rm(dataDir, { recursive: true, force: true }))
  const tasks = new Tasks()
  const host = new PluginHost({
    log: silent,
    tasks,
    bus: new PluginBus(),
    apps: allApps,
    openCore: () => ({ api: { rooms: { find: (name: string) => ({ name }) } }, close: () => {} }),
    dataDir,
    databaseUrl: `file:${dataDir}/patchbay.db`,
    coreSchema: coreSchema(),
    link: {
      callerOf: (context) => (context as { caller?: Caller } | undefined)?.caller ?? SYSTEM,
      loadCoreObject: (_type, id) => PEOPLE.find((person) => person.id === id) ?? null,
    },
    ...overrides,
  })
  lifetime.add('plugins', () => host.stop())
  await host.start(resolvePlugins(plugins, import.meta.url))
  // On a busy machine some take longer than the host itself waits.
  while ([...host].some(({ state }) => state === 'STARTING')) await once(host.events, 'state')

  const handoff = new PluginHandoff(host, silent)
  lifetime.add('relay', () => handoff.close())
  const seen = { bytes: 0 }
  const server = createServer((req, res) => {
    if (handoff.request(req, res, SYSTEM)) return
    req.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length
    })
    req.on('end', () => res.end('main'))
  })
  server.on('upgrade', (req, socket, head) => {
    if (!handoff.upgrade(req, socket, head, SYSTEM)) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lifetime.add('server', () => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo

  return {
    host,
    tasks,
    server,
    handoff,
    port,
    url: `http://127.0.0.1:${port}`,
    query: async <T = Record<string, unknown>>(source: string, variableValues: Record<string, unknown> = {}, caller?: Caller) => {
      const result = await graphql({ schema: host.schema, source, variableValues, contextValue: { caller } })
      // graphql's objects have no prototype, which deep equality minds.
      return { ...result, data: structuredClone(result.data) } as ExecutionResult<T> & { data: T }
    },
    subscribe: async <T = Record<string, unknown>>(source: string) => {
      const results = await subscribe({ schema: host.schema, document: parse(source), contextValue: {} })
      if (!(Symbol.asyncIterator in results)) throw results.errors?.[0] ?? new Error('no subscription')
      return results as AsyncGenerator<ExecutionResult<T> & { data: T }>
    },
    [Symbol.asyncDispose]: () => lifetime.close(),
  }
}

/** Resolves as soon as the plugin is in this state. */
export async function untilState({ host }: { host: PluginHost }, name: string, state: PluginState): Promise<Plugin> {
  const plugin = host.get(name)
  while (plugin.state !== state) await once(host.events, 'state')
  return plugin
}

/** The codes of a result's errors. */
export function codesOf({ errors = [] }: ExecutionResult): unknown[] {
  return errors.map(({ originalError, extensions }) => (originalError instanceof MediaError ? originalError.code : extensions.code))
}

const nothing = () => {}
export const silent: Log = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silent,
}
