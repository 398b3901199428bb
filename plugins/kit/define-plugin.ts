import type { z } from 'zod'
import type { Contribution } from './contribution.ts'
import type { Host } from './host.ts'

/** What one plugin is: who it is, what it can be told, and what it does in its own thread. */
export type PluginDefinition<Config extends z.ZodType = z.ZodType, AppConfig extends z.ZodType = z.ZodType> = {
  /** Lower case, unique on the server; by default the name of its folder. */
  readonly name: string
  readonly version: string
  /** What a person calls it. */
  readonly title: string
  /** What it does, in a sentence or two, for whoever decides whether an app shall use it. */
  readonly description?: string
  /** What kind of thing it is; default `tool`. A `processor` works on media. */
  readonly category?: 'tool' | 'processor' | 'panel'
  /** Where it is to be seen; default `app-tab`, among what an app can be told. */
  readonly ui?: 'app-tab' | 'panel' | 'player-overlay'
  /** Apps use it once they have installed and enabled it. Otherwise every app uses it until it says that it does not. */
  readonly optional?: boolean
  /** It works for each app on its own, and can be halted there without being switched off. */
  readonly worksPerApp?: boolean
  /** Its options. Each has a unit and a default in its description. */
  readonly config: Config
  /** Its options per app, when apps may set any. */
  readonly appConfig?: AppConfig
  /**
   * Starts the plugin. Runs in the plugin's own thread; nothing of the plugin acts before.
   * What it opens it adds to `host.lifetime`.
   */
  setup(host: Host<z.output<Config>, z.output<AppConfig>>): Setup | Promise<Setup>
}

/** What a plugin contributes to the API. Routes and handlers are registered with the host. */
// biome-ignore lint/suspicious/noConfusingVoidType: a setup that contributes nothing returns nothing.
type Setup = { schema?: Contribution } | void

/**
 * Declares a plugin: the default export of its `plugin.ts`.
 *
 * @example export default definePlugin({ name: 'rtmp', version: '1.0.0', title: 'RTMP ingest', config: RtmpConfig, setup })
 */
export function definePlugin<Config extends z.ZodType, AppConfig extends z.ZodType = z.ZodType<Record<string, unknown>>>(
  definition: PluginDefinition<Config, AppConfig>,
): PluginDefinition<Config, AppConfig> {
  return definition
}
