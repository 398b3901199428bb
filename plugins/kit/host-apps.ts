import type { Log } from '../../core/kernel/log.ts'
import type { AppDeletions } from './app-deletions.ts'
import type { PluginDefinition } from './define-plugin.ts'
import type { PluginApps } from './host.ts'
import { follow } from './host-events.ts'
import { parseConfig } from './plugin-config.ts'
import type { HostApi, PluginInApp } from './protocol.ts'
import type { Remote } from './rpc.ts'

/** What apps say about the plugin, with the plugin's own types. */
export function threadApps(
  { name, appConfig: schema, optional = false }: PluginDefinition,
  host: Remote<HostApi>,
  log: Log,
  stopped: AbortSignal,
  deletions: AppDeletions,
): PluginApps<unknown> {
  const parsed = ({ enabled = !optional, config }: PluginInApp) => ({
    enabled,
    // What is switched off may lack what it would need to work.
    config: schema ? (enabled ? parseConfig(name, schema, config ?? {}) : (schema.safeParse(config ?? {}).data ?? {})) : config,
  })
  const hear = (present: boolean, handler: Parameters<PluginApps<unknown>['follow']>[0]) =>
    follow(
      (signal) => host.apps.watch(present, signal),
      (settings) => handler(settings.app, parsed(settings)),
      stopped,
      (error) => log.error({ err: error }, 'what an app says could not be handled'),
    )
  return {
    async get(app) {
      return parsed(await host.apps.get(app))
    },
    follow: (handler) => hear(true, handler),
    onChange: (handler) => hear(false, handler),
    beforeDelete: (handler) => deletions.add(handler),
  }
}
