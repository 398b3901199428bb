import { enableCompileCache } from 'node:module'
import type { z } from 'zod'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import { Lifetime } from '../../core/kernel/lifetime.ts'
import { type Published, publish } from './contribution.ts'
import type { CoreApi } from './core-api.ts'
import type { PluginDefinition } from './define-plugin.ts'
import { GraphQLExecutor } from './graphql-executor.ts'
import { healthMeter } from './health.ts'
import type { Host } from './host.ts'
import { threadApps } from './host-apps.ts'
import { threadDatabase } from './host-db.ts'
import { threadEvents } from './host-events.ts'
import { ThreadHttp } from './host-http.ts'
import { Outbox, ThreadLog } from './host-log.ts'
import { threadPipelines } from './host-pipelines.ts'
import { ThreadTasks } from './host-tasks.ts'
import { parseConfig, toJsonSchema } from './plugin-config.ts'
import type { HostApi, Manifest, Startup, ThreadApi } from './protocol.ts'
import { connect, expose } from './rpc.ts'
import { toWire } from './rpc-protocol.ts'

/** The entry of a plugin's thread: sets the plugin up, answers the host, and returns once the plugin has stopped. */
export default async function serve(startup: Startup): Promise<void> {
  enableCompileCache()
  const host = connect<HostApi>(startup.hostPort, startup.name)
  const outbox = new Outbox((lines) => host.log.write(lines))
  process.on('exit', () => outbox.flush())
  const log = new ThreadLog(outbox)
  const lifetime = new Lifetime(log)

  try {
    const { stopped } = await start(startup, host, log, lifetime)
    await stopped
  } catch (error) {
    const coded = error instanceof MediaError ? toWire(error) : undefined
    await host.lifecycle.refused({ coded, message: messageOf(error), stack: error instanceof Error ? error.stack : undefined })
    await lifetime.close()
  }
}

/** Resolves, once the plugin runs, to a promise of its end. */
async function start(startup: Startup, host: ReturnType<typeof connect<HostApi>>, log: ThreadLog, lifetime: Lifetime) {
  const plugin = await load(startup)
  const config = parseConfig(plugin.name, plugin.config, startup.options)
  const onFault = (error: unknown) => log.error({ err: error }, 'the host did not answer')

  const meter = healthMeter()
  lifetime.add('health', meter.close)
  const http = new ThreadHttp(plugin.name, log)
  lifetime.add('connections', () => http.close())
  const tasks = new ThreadTasks(host, onFault)
  const given: Host = {
    config,
    core: connect<CoreApi>(startup.corePort, 'core'),
    http,
    pipelines: threadPipelines(tasks, log, lifetime),
    db: threadDatabase(plugin.name, startup.databaseUrl, lifetime),
    events: threadEvents(host, log, lifetime.signal),
    log,
    tasks,
    apps: threadApps(plugin.name, plugin.appConfig, host, log, lifetime.signal),
    lifetime,
    signal: lifetime.signal,
  }
  const contributed = await plugin.setup(given)
  const published = contributed?.schema ? await publish(contributed.schema) : undefined
  if (published && published.undescribed.length > 0) log.warn({ fields: published.undescribed }, 'fields without a description')

  const ended = Promise.withResolvers<void>()
  const api: ThreadApi = {
    thread: {
      health: meter.read,
      check: (options) => void parseConfig(plugin.name, plugin.config, options),
      stop: async () => {
        await lifetime.close()
        // Only then, so that the answer to this call is on its way before the thread ends.
        setImmediate(ended.resolve)
      },
    },
    graphql: new GraphQLExecutor(plugin.name, published?.schema, log),
    http: { adopt: (connection) => http.adopt(connection) },
    tasks: tasks.verbs,
  }
  expose(startup.hostPort, api, { owner: plugin.name, onFault: (error, call) => log.error({ err: error, call }, 'a call failed') })
  await host.lifecycle.started(manifest(plugin, published, http))
  return { stopped: ended.promise }
}

async function load({ name, module }: Startup): Promise<PluginDefinition> {
  const loaded: { default?: unknown } = await import(module)
  const found = loaded.default
  if (!isPlugin(found)) {
    throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: name, field: 'from', reason: 'the module does not export a plugin by default' })
  }
  if (found.name !== name) {
    throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: name, field: 'name', reason: `the plugin calls itself ${found.name}` })
  }
  return found
}

function isPlugin(value: unknown): value is PluginDefinition {
  if (typeof value !== 'object' || value === null) return false
  const { name, setup, config } = value as Partial<PluginDefinition>
  return typeof name === 'string' && typeof setup === 'function' && typeof (config as z.ZodType | undefined)?.safeParse === 'function'
}

function manifest(plugin: PluginDefinition, published: Published | undefined, http: ThreadHttp): Manifest {
  return {
    name: plugin.name,
    version: plugin.version,
    title: plugin.title,
    configSchema: toJsonSchema(plugin.config),
    appConfigSchema: plugin.appConfig && toJsonSchema(plugin.appConfig),
    sdl: published?.sdl ?? '',
    grants: published?.grants ?? {},
    ...http.seal(),
  }
}
