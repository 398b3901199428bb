import type { Caller } from '../core/access/caller.ts'
import type { App } from '../core/app/app.ts'
import type { Core } from '../core/core.ts'
import type { Feed } from '../core/kernel/feed.ts'
import type { LogLevel } from '../core/kernel/log.ts'
import type { CallbacksService } from './callback-service.ts'
import type { SettingsService } from './settings.ts'
import type { AppStats, ServerStats } from './stats.ts'

export type PluginState = 'DISABLED' | 'STARTING' | 'RUNNING' | 'RESTARTING' | 'FAILED'

export type LogEntry = {
  readonly at: Date
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Its number in the archive, once it is there. */
  readonly number?: number
  /** Which part of the server wrote it; absent where that goes without saying. */
  readonly source?: string
  /** The app it is about. */
  readonly app?: string
}

/** Which lines of the log are wanted: those of which everything holds that is said. */
export type LogFilter = {
  readonly app?: string
  /** Lines about one of these apps, and no others. */
  readonly apps?: readonly string[]
  readonly level?: LogLevel
  /** Lines that matter this much at least. */
  readonly least?: LogLevel
  readonly source?: string
  /** A part of the message, in letters of either case. */
  readonly text?: string
  readonly since?: Date
  readonly until?: Date
}

export type LogPage = { readonly total: number; readonly lines: readonly LogEntry[] }

/** The server's log: what was kept of it, and each line that is written. */
export interface LogsService {
  /** Newest first. */
  search(filter: LogFilter, page: { limit: number; offset: number }): Promise<LogPage>
  /** The last lines that are wanted, then each that is written. A slow reader loses the oldest. */
  tail(filter: Omit<LogFilter, 'apps'>, isVisible?: (line: LogEntry) => boolean): Feed<LogEntry>
  countByLevel(filter: LogFilter): Promise<Partial<Record<LogLevel, number>>>
}

export type GpuStatus = {
  readonly type: 'NVIDIA' | 'VAAPI' | 'NONE'
  readonly devices: readonly {
    readonly kind: 'NVIDIA' | 'VAAPI'
    readonly name: string
    readonly index?: number
    readonly memoryMiB?: number
  }[]
  readonly driver?: string
  readonly checkedAt: Date
  /** What stands in the way, when there is none. */
  readonly detail?: string
}

/** What encodes for an app: what its configuration wants, and what this machine makes of that. */
export type Hwaccel = {
  readonly requested: 'auto' | 'gpu' | 'cpu'
  readonly effective: 'gpu' | 'cpu'
  readonly type: GpuStatus['type']
  readonly reason: string
}

/** Which hardware encodes and decodes video here. */
export interface GpuService {
  /** @param refresh Looks again; otherwise what was found last is told. */
  status(options?: { refresh?: boolean }): Promise<GpuStatus>
  resolveHwaccel(requested: Hwaccel['requested']): Promise<Hwaccel>
}

/** How the server and its apps are doing. */
export interface StatsService {
  server(): Promise<ServerStats>
  /** At most 5 seconds old. */
  ofApp(app: App): Promise<AppStats>
}

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
  /** When its thread failed last, while it has not come back from that. */
  readonly failedAt: Date | undefined
  /** Why: in words that may quote what other apps sent it. */
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

/** The server's own facts. */
export interface ServerService {
  readonly version: string
  readonly startedAt: Date
  logLevel: LogLevel
}

/** What every resolver gets: who asks, and whom to ask. */
export type Context = {
  readonly caller: Caller
  readonly core: Core
  readonly plugins: PluginsService
  readonly callbacks: CallbacksService
  readonly server: ServerService
  readonly logs: LogsService
  readonly stats: StatsService
  readonly gpu: GpuService
  readonly settings: SettingsService
}
