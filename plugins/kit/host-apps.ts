import type { z } from 'zod'
import type { Log } from '../../core/kernel/log.ts'
import type { PluginApps } from './host.ts'
import { follow } from './host-events.ts'
import { parseConfig } from './plugin-config.ts'
import type { HostApi, PluginInApp } from './protocol.ts'
import type { Remote } from './rpc.ts'

/** What apps say about the plugin, with the plugin's own types. */
export function threadApps(
  plugin: string,
  schema: z.ZodType | undefined,
  host: Remote<HostApi>,
  log: Log,
  stopped: AbortSignal,
): PluginApps<unknown> {
  const parsed = ({ enabled, config }: PluginInApp) => ({ enabled, config: schema ? parseConfig(plugin, schema, config ?? {}) : config })
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
  }
}
