import type { z } from 'zod'

/** What a plugin's thread may use. Exceeding memory or a deadline always ends the thread, which is then started again. */
export type Budget = {
  /** JavaScript heap, and as much again outside of it, in MiB; default 256. */
  memoryMb?: number
  /** Until it has to be set up, in milliseconds; default 10000. */
  startMs?: number
  /** Until it has to have closed everything, in milliseconds; default 5000. */
  stopMs?: number
  /** Share of one CPU, in per cent, averaged over `overMs`; absent: no limit. */
  cpuPercent?: number
  /** How late its event loop runs, in milliseconds, averaged over `overMs`; absent: no limit but the heartbeat's second. */
  eventLoopDelayMs?: number
  /** Time over which the two above are averaged, in milliseconds; default 10000. */
  overMs?: number
  /** What happens when one of them is exceeded: a line in its log, or the same and a restart, which is the default. */
  onExceeded?: 'LOG' | 'RESTART'
}

/** One line of `plugins.config.ts`. */
export type PluginUse = {
  /** A path relative to `plugins.config.ts`, or an npm package. */
  readonly from: string
  readonly name: string
  readonly options: unknown
  readonly enabled: boolean
  readonly budget: Budget
}

type UseOptions = {
  budget?: Budget
  /** The plugin's own name, where it is not that of its folder or package. */
  name?: string
  /** Default true. A plugin that is not enabled is known, and started when somebody enables it. */
  enabled?: boolean
}

/** Anything with a zod schema of its options: `typeof` a plugin. */
type Configurable = { readonly config: z.ZodType }
type OptionsOf<P> = P extends { readonly config: infer C extends z.ZodType } ? z.input<C> : unknown
/** Options with no mandatory field may be left out. */
type UseArguments<P> =
  Record<never, never> extends OptionsOf<P> ? [options?: OptionsOf<P>, use?: UseOptions] : [options: OptionsOf<P>, use?: UseOptions]

/**
 * Uses a plugin. Its type comes through a type-only import, so that nothing but its own thread ever loads it.
 *
 * @example use<typeof rtmp>('./plugins/rtmp/plugin.ts', { port: 1935 })
 */
export function use<P extends Configurable = Configurable>(from: string, ...[options, use = {}]: UseArguments<P>): PluginUse {
  return { from, name: use.name ?? nameOf(from), options: options ?? {}, enabled: use.enabled ?? true, budget: use.budget ?? {} }
}

/** What the server's own configuration says that plugins go by. */
export type ServerSettings = {
  /** Address to listen on. */
  readonly host: string
  readonly rtmpPort: number
  /** How go-live's variables want the app `live` recorded: everybody who publishes, into this folder. */
  readonly goLive: { readonly records: { readonly enabled: boolean; readonly dir: string | undefined } }
}

export type PluginsConfig = readonly PluginUse[] | ((server: ServerSettings) => readonly PluginUse[])

/** Lists the plugins of a server: the default export of `plugins.config.ts`. A function is told what the server goes by. */
export function definePluginsConfig(config: PluginsConfig): PluginsConfig {
  return config
}

/** `./plugins/rtmp/plugin.ts` and `@acme/patchbay-rtmp` are both called `rtmp`. */
function nameOf(from: string): string {
  const parts = from.replace(/\/+$/, '').split('/')
  const file = parts.at(-1)?.replace(/\.[cm]?[jt]s$/, '') ?? from
  const name = file === 'plugin' ? (parts.at(-2) ?? file) : file
  return name.replace(/^patchbay-(plugin-)?/, '')
}
