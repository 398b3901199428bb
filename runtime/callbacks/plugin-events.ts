import type { Apps } from '../../core/app/apps.ts'
import type { Lifetime } from '../../core/kernel/lifetime.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { AppPlugins } from '../app-plugins.ts'
import type { Plugin } from '../host/plugin.ts'
import { CALLBACK_TOPIC, type PluginBus } from '../host/plugin-bus.ts'
import type { PluginHost } from '../host/plugin-host.ts'
import type { Tell } from './events.ts'

const EVENT_NAME = /^[a-z][a-z0-9_.]{0,63}$/
const MOST_DATA_CHARS = 64 * 1024

/** One thread works for all apps: why it failed may quote what another one sent it. */
const FAILED = 'its thread failed; whoever runs the server finds the reason in its log'

type Options = { apps: Apps; log: Log; lifetime: Lifetime; tell: Tell }

/** Passes on what plugins say to receivers. What is malformed is dropped, and logged for the plugin's author. */
export function tellForPlugins(bus: PluginBus, { apps, log, lifetime, tell }: Options): void {
  const said = bus.watch(CALLBACK_TOPIC, lifetime.signal)
  const read = async () => {
    for await (const one of said) {
      const { app: name, event, data } = (one ?? {}) as { app?: unknown; event?: unknown; data?: unknown }
      const app = typeof name === 'string' ? apps.find(name) : undefined
      if (app && typeof event === 'string' && EVENT_NAME.test(event) && isData(data)) tell(app, event, data)
      else log.warn({ app: name, event }, 'a plugin told a callback event that can not be used')
    }
  }
  read().catch((error: unknown) => log.error({ err: error }, 'callback events of plugins are not told any more'))
}

function isData(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) && JSON.stringify(data).length <= MOST_DATA_CHARS
}

/** Tells the apps that have chosen a plugin when it begins, ceases or fails to work for them. */
export function tellPluginWorkers(host: PluginHost, inApps: AppPlugins, { apps, lifetime, tell }: Options): void {
  const working = new Set<string>()
  const followed = new Set<string>()

  const settle = (plugin: Plugin, app: string, enabled: boolean) => {
    const key = `${plugin.name} ${app}`
    const works = enabled && plugin.state === 'RUNNING'
    if (works === working.has(key)) return
    if (works) working.add(key)
    else working.delete(key)
    const found = apps.find(app)
    if (!found) return
    if (works) tell(found, 'plugin_worker_started', { plugin: plugin.name, pid: process.pid })
    else if (plugin.state === 'FAILED' || plugin.state === 'RESTARTING')
      tell(found, 'plugin_worker_error', { plugin: plugin.name, error: FAILED })
    else tell(found, 'plugin_worker_stopped', { plugin: plugin.name, exitCode: 0, signal: null })
  }
  const follow = async (plugin: Plugin) => {
    for await (const { app, enabled } of inApps.watch(plugin.name, true, lifetime.signal)) settle(plugin, app, enabled === true)
  }
  host.events.on('state', (plugin) => {
    if (!followed.has(plugin.name)) {
      followed.add(plugin.name)
      void follow(plugin)
    }
    for (const { name } of apps.list()) settle(plugin, name, inApps.of(plugin.name, name).enabled === true)
  })
}
