import type { Caller } from '../core/access/caller.ts'
import type { Core } from '../core/core.ts'
import type { Feed } from '../core/kernel/feed.ts'
import type { LogLevel } from '../core/kernel/log.ts'
import type { CallbacksService } from './callback-service.ts'

export type PluginState = 'DISABLED' | 'STARTING' | 'RUNNING' | 'RESTARTING' | 'FAILED'

export type LogEntry = { at: Date; level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> }

export type PluginHealth = {
  /** Mean delay of its event loop, in milliseconds. */
  eventLoopDelayMs: number
  /** Share of the time its event loop was busy, 0 to 1. */
  utilization: number
  /** CPU time it used since it started, in milliseconds. */
  cpuMs: number
  /** Share of one CPU, in per cent, averaged over the time of its budget. */
  cpuPercent: number
  heapUsedBytes: number
  heapLimitBytes: number
  /** Memory outside the heap, such as buffers. */
  externalBytes: number
}

/** What a plugin's thread may use. */
export type PluginBudget = {
  memoryMb: number
  cpuPercent?: number
  eventLoopDelayMs?: number
  overMs: number
  onExceeded: 'LOG' | 'RESTART'
}

/** One plugin as the API shows it, whether its thread runs or not. */
export type PluginView = {
  readonly name: string
  readonly version: string | undefined
  readonly title: string | undefined
  readonly description: string
  readonly category: 'tool' | 'processor' | 'panel'
  readonly ui: 'app-tab' | 'panel' | 'player-overlay'
  readonly optional: boolean
  readonly worksPerApp: boolean
  readonly state: PluginState
  readonly restarts: number
  readonly lastError: string | undefined
  /** Its options as they were given, secrets masked. */
  readonly options: unknown
  /** JSON Schema of its options. */
  readonly configSchema: Readonly<Record<string, unknown>> | undefined
  /** JSON Schema of its options per app, when it has any. */
  readonly appConfigSchema: Readonly<Record<string, unknown>> | undefined
  readonly health: PluginHealth | undefined
  readonly budget: PluginBudget
  /** The last lines it logged, oldest first. */
  readonly log: readonly LogEntry[]
}

/** What an app says about a plugin. */
export type PluginInAppView = {
  readonly app: string
  readonly plugin: string
  readonly installed: boolean
  readonly enabled: boolean
  /** Its options there with their defaults, secrets masked; as they were given, when the plugin has not told its options yet. */
  readonly config: unknown
  /** Undefined when the app has not said a word about it. */
  readonly installedAt: Date | undefined
  readonly updatedAt: Date | undefined
  readonly work: PluginWork
  /** The last lines the plugin logged about this app, oldest first. */
  readonly log: readonly LogEntry[]
}

/** How a plugin works for one app. */
export type PluginWork = {
  readonly state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'CRASHED'
  readonly startedAt: Date | undefined
  readonly stoppedAt: Date | undefined
  readonly error: string | undefined
}

/** What the players of an app may know of a plugin that shows something over the picture. */
export type PlayerPlugin = { readonly plugin: PluginView; readonly config: Readonly<Record<string, unknown>> }

/** What the API can do with plugins. The plugin host provides it. */
export interface PluginsService {
  list(): PluginView[]
  /** @throws {MediaError} `PLUGIN_NOT_FOUND` */
  get(name: string): PluginView
  enable(name: string): Promise<PluginView>
  disable(name: string): Promise<PluginView>
  restart(name: string): Promise<PluginView>
  /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` naming the option; the plugin then goes on as it was. */
  configure(name: string, options: Record<string, unknown>): Promise<PluginView>
  /** @throws {MediaError} `APP_NOT_FOUND` or `PLUGIN_NOT_FOUND` */
  inApp(name: string, app: string): PluginInAppView
  /** Lets an app use a plugin that it has to enable first; does nothing where it is installed. */
  installInApp(name: string, app: string): Promise<PluginInAppView>
  /** Ends the use of a plugin in an app and forgets its options there. */
  uninstallInApp(name: string, app: string): Promise<PluginInAppView>
  /**
   * Lets a plugin that is enabled in an app work there, or not for the time being.
   *
   * @throws {MediaError} `PLUGIN_CONFIG_INVALID` when it does not work for each app on its own, is not enabled there, or lacks an option.
   */
  setWorking(name: string, app: string, working: boolean): PluginInAppView
  /** Those that show something over the picture in an app, with the options that everybody may know. */
  inPlayers(app: string): PlayerPlugin[]
  /**
   * Says whether an app uses a plugin, and changes options of it there: what is left out stays as it is, null brings a default back.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `PLUGIN_NOT_FOUND`, `PLUGIN_CONFIG_INVALID` naming the option, or `PLUGIN_UNAVAILABLE` when
   * the plugin does not run and so can't check the options.
   */
  setInApp(name: string, app: string, change: { enabled?: boolean; config?: Record<string, unknown> }): Promise<PluginInAppView>
  /** Tells of every change of any plugin's state. */
  watch(): Feed<PluginView>
  /** Tells every line that a plugin logs, beginning with the last ones. */
  watchLog(name: string): Feed<LogEntry>
}

/** The server's own log and facts. */
export interface ServerService {
  readonly version: string
  readonly startedAt: Date
  logLevel: LogLevel
  /** The last lines that matter this much at least, then each that is written. */
  watchLog(least: LogLevel): Feed<LogEntry>
}

/** What every resolver gets: who asks, and whom to ask. */
export type Context = {
  readonly caller: Caller
  readonly core: Core
  readonly plugins: PluginsService
  readonly callbacks: CallbacksService
  readonly server: ServerService
}
