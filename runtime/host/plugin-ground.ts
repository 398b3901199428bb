import type { Log } from '../../core/kernel/log.ts'
import type { Tasks } from '../../core/tasks/tasks.ts'
import type { Health, LogLine } from '../../plugins/kit/protocol.ts'
import type { Api } from '../../plugins/kit/rpc.ts'
import type { HeartbeatLimits } from './heartbeat.ts'
import type { Plugin } from './plugin.ts'
import type { PluginApps } from './plugin-apps.ts'
import type { PluginBus } from './plugin-bus.ts'

/** How a plugin's thread is, and the share of one CPU that it used lately. */
export type PluginUsage = Health & { readonly cpuPercent: number }

/** What a plugin runs on. */
export type PluginGround = {
  log: Log
  tasks: Tasks
  bus: PluginBus
  apps: PluginApps
  /** Opens what one run of a plugin may ask of core; closed when the run ends. */
  openCore: (plugin: string) => { api: Api; close(): void }
  dataDir: string
  databaseUrl: string
  heartbeat: HeartbeatLimits
  /** Told of every change of state, of every line it logs, and each time it has started whether it contributes anything else than before. */
  onState: (plugin: Plugin) => void
  onLine: (plugin: Plugin, line: LogLine) => void
  onManifest: (plugin: Plugin, change: { isNew: boolean }) => void
}
