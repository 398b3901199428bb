import type { z } from 'zod'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import { Lifetime } from '../../core/kernel/lifetime.ts'
import { AppDeletions } from './app-deletions.ts'
import type { Contribution, Published } from './contribution.ts'
import type { CoreApi } from './core-api.ts'
import type { PluginDefinition } from './define-plugin.ts'
import { healthMeter } from './health.ts'
import type { Host } from './host.ts'
import { threadApps } from './host-apps.ts'
import { threadDatabase } from './host-db.ts'
import { threadEvents } from './host-events.ts'
import { LazyHttp } from './host-http.ts'
import { Outbox, ThreadLog } from './host-log.ts'
import { threadPipelines } from './host-pipelines.ts'
import { ThreadTasks } from './host-tasks.ts'
import { leftoverWatch } from './leftovers.ts'
import { parseConfig, toJsonSchema } from './plugin-config.ts'
import type { HostApi, Manifest, Startup, ThreadApi } from './protocol.ts'
import { connect, expose } from './rpc.ts'
import { toWire } from './rpc-protocol.ts'
import { shareModules } from './shared-modules.ts'

/** Sets the plugin up, answers the host, and returns once the plugin has stopped. */
export async function serve(startup: Startup): Promise<void> {
  shareModules()
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
  const core = connect<CoreApi>(startup.corePort, 'core')
  const leftovers = leftoverWatch()
  const plugin = await load(startup)
  const config = parseConfig(plugin.name, plugin.config, startup.options)
  const onFault = (error: unknown) => log.error({ err: error }, 'the host did not answer')

  const meter = healthMeter()
  lifetime.add('health', meter.close)
  const http = new LazyHttp(plugin.name, log)
  lifetime.add('connections', () => http.close())
  const tasks = new ThreadTasks(host, onFault)
  const deletions = new AppDeletions()
  const events = threadEvents(host, log, lifetime.signal)
  const given: Host = {
    config,
    core,
    http,
    pipelines: threadPipelines(tasks, log, lifetime),
    db: threadDatabase({ plugin: plugin.name, registryUrl: startup.databaseUrl, core, events, lifetime }),
    events,
    log,
    tasks,
    apps: threadApps(plugin, host, log, lifetime.signal, deletions),
    lifetime,
    signal: lifetime.signal,
  }
  const contributed = await plugin.setup(given)
  const { published, graphql } = await answering(plugin.name, contributed?.schema, log)

  const ended = Promise.withResolvers<void>()
  const api: ThreadApi = {
    thread: {
      health: meter.read,
      check: (options) => void parseConfig(plugin.name, plugin.config, options),
      checkApp: (config) => checkApp(plugin, config),
      stop: async () => {
        await lifetime.close()
        const left = await leftovers()
        // Only then, so that the answer to this call is on its way before the thread ends.
        setImmediate(ended.resolve)
        return left
      },
      crash: () => {
        setImmediate(() => {
          throw new Error('the plugin was told to crash')
        })
      },
    },
    graphql,
    http: { adopt: (connection) => http.adopt(connection) },
    apps: { beforeDelete: (app, deletion) => deletions.run(app, deletion) },
    tasks: tasks.verbs,
  }
  expose(startup.hostPort, api, { owner: plugin.name, onFault: (error, call) => log.error({ err: error, call }, 'a call failed') })
  await host.lifecycle.started(manifest(plugin, published, http, deletions))
  return { stopped: ended.promise }
}

/** What answers the plugin's part of the API. graphql is loaded, for 6 MiB, by plugins that have one. */
async function answering(plugin: string, contribution: Contribution | undefined, log: ThreadLog) {
  if (!contribution) {
    const nothing = async () => {
      throw new MediaError('NOT_FOUND', { plugin })
    }
    return { published: undefined, graphql: { execute: nothing, subscribe: nothing } }
  }
  const [{ publish }, { GraphQLExecutor }] = await Promise.all([import('./contribution.ts'), import('./graphql-executor.ts')])
  const published = await publish(contribution)
  if (published.undescribed.length > 0) log.warn({ fields: published.undescribed }, 'fields without a description')
  return { published, graphql: new GraphQLExecutor(plugin, published.schema, log) }
}

function checkApp({ name, appConfig }: PluginDefinition, config: unknown): void {
  if (!appConfig) throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: name, field: 'config', reason: 'it has no options per app' })
  parseConfig(name, appConfig, config)
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

function manifest(plugin: PluginDefinition, published: Published | undefined, http: LazyHttp, deletions: AppDeletions): Manifest {
  return {
    name: plugin.name,
    version: plugin.version,
    title: plugin.title,
    description: plugin.description ?? '',
    category: plugin.category ?? 'tool',
    ui: plugin.ui ?? 'app-tab',
    optional: plugin.optional ?? false,
    worksPerApp: plugin.worksPerApp ?? false,
    beforeAppDeletion: deletions.any,
    configSchema: toJsonSchema(plugin.config),
    appConfigSchema: plugin.appConfig && toJsonSchema(plugin.appConfig),
    sdl: published?.sdl ?? '',
    grants: published?.grants ?? {},
    ...http.seal(),
  }
}
