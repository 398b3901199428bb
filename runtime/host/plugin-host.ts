import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { GraphQLSchema } from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import type { LogLine, Manifest } from '../../plugins/kit/protocol.ts'
import { HEARTBEAT } from './heartbeat.ts'
import { Plugin } from './plugin.ts'
import type { PluginGround } from './plugin-ground.ts'
import { PluginRoutes } from './plugin-routes.ts'
import type { PluginEntry } from './plugins-config.ts'
import { composeSchema, type RemoteLink } from './remote-schema.ts'

export type PluginHostEvents = {
  /** A plugin was started, has failed, is back, …: `plugin.state` says what it is now. */
  state: [plugin: Plugin]
  line: [plugin: Plugin, line: LogLine]
  /** A plugin answers its part of the API, which may have changed. */
  schema: [schema: GraphQLSchema]
  /** A plugin contributes something else than before. */
  contributed: [plugin: Plugin]
  /** What a plugin contributed at an earlier start does not fit any more. */
  forgotten: [plugin: Plugin]
}

/** What a plugin contributed at an earlier start of the server. */
export type Recall = (entry: PluginEntry) => Manifest | undefined

export type PluginHostOptions = Omit<PluginGround, 'onState' | 'onLine' | 'onManifest' | 'heartbeat'> &
  Partial<Pick<PluginGround, 'heartbeat'>> & {
    coreSchema: GraphQLSchema
    link: RemoteLink
  }

/** Milliseconds that a server's start waits for its plugins; those that take longer come when they come. */
const START_GRACE_MS = 3_000

/** All plugins of a server: what they are, what they contribute together, and the verbs to steer them. */
export class PluginHost implements Iterable<Plugin> {
  readonly events = new EventEmitter<PluginHostEvents>()
  readonly #options: PluginHostOptions
  readonly #plugins = new Map<string, Plugin>()
  /** Those whose contribution is part of the schema and the routes. */
  #composed: ReadonlySet<Plugin> = new Set()
  #schema: GraphQLSchema
  #routes = new PluginRoutes([])
  #stopping = false

  constructor(options: PluginHostOptions) {
    this.#options = options
    this.#schema = options.coreSchema
    this.events.setMaxListeners(0)
  }

  /** Core's schema together with everything that plugins contribute, or did when they ran last. */
  get schema(): GraphQLSchema {
    return this.#schema
  }

  get routes(): PluginRoutes {
    return this.#routes
  }

  /**
   * Starts all that are enabled, at the same time. Until a plugin runs, what it contributed at an earlier start answers
   * `PLUGIN_UNAVAILABLE`. Resolves when each runs or has failed once, or after 3 seconds; never rejects.
   */
  async start(entries: readonly PluginEntry[], recall?: Recall): Promise<void> {
    const abort = new AbortController()
    const added = entries.flatMap((entry) => {
      try {
        return [{ entry, plugin: this.#add(entry, recall?.(entry)) }]
      } catch (error) {
        this.#reportUnusable(entry, error)
        return []
      }
    })
    if (added.some(({ plugin }) => plugin.manifest)) this.#compose()
    const all = Promise.all(
      added.map(({ entry, plugin }) => this.#begin(entry, plugin).catch((error: unknown) => this.#reportUnusable(entry, error))),
    )
    await Promise.race([all, delay(START_GRACE_MS, undefined, { signal: abort.signal }).catch(() => undefined)])
    abort.abort()
  }

  /**
   * Adds a plugin and starts it, if it is enabled.
   * @throws {MediaError} `CONFLICT` when there is one of this name.
   */
  async install(entry: PluginEntry): Promise<Plugin> {
    const plugin = this.#add(entry)
    await this.#begin(entry, plugin)
    return plugin
  }

  #add(entry: PluginEntry, known?: Manifest): Plugin {
    if (this.#stopping) throw new MediaError('PLUGIN_UNAVAILABLE', { plugin: entry.name })
    if (this.#plugins.has(entry.name)) throw new MediaError('CONFLICT', { plugin: entry.name })
    const ground: PluginGround = {
      ...this.#options,
      heartbeat: this.#options.heartbeat ?? HEARTBEAT,
      onState: (changed) => this.events.emit('state', changed),
      onLine: (from, line) => this.events.emit('line', from, line),
      onManifest: (from, { isNew }) => this.#contribute(from, isNew),
    }
    const plugin = new Plugin(entry, ground, known)
    this.#plugins.set(entry.name, plugin)
    return plugin
  }

  async #begin({ enabled }: PluginEntry, plugin: Plugin): Promise<void> {
    if (enabled) await plugin.enable()
    else this.events.emit('state', plugin)
  }

  /** Stops a plugin and forgets it with all that it contributed. */
  async uninstall(name: string): Promise<void> {
    await this.get(name).disable()
    this.#plugins.delete(name)
    this.#compose()
  }

  /** @throws {MediaError} `PLUGIN_NOT_FOUND` */
  get(name: string): Plugin {
    const plugin = this.#plugins.get(name)
    if (!plugin) throw new MediaError('PLUGIN_NOT_FOUND', { plugin: name })
    return plugin
  }

  [Symbol.iterator](): Iterator<Plugin> {
    return this.#plugins.values()
  }

  /** Stops all at the same time, each within its budget. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all([...this.#plugins.values()].map((plugin) => plugin.disable()))
  }

  #contribute(plugin: Plugin, isNew: boolean): void {
    if (!isNew && this.#composed.has(plugin)) {
      this.events.emit('schema', this.#schema)
      return
    }
    this.#compose()
    if (this.#composed.has(plugin)) this.events.emit('contributed', plugin)
  }

  /**
   * In the order they were listed, those first that have run: of two plugins that want the same name, the first has it and the other
   * is refused.
   */
  #compose(): void {
    const listed = [...this.#plugins.values()].filter((plugin) => plugin.manifest !== undefined)
    const known = [...listed.filter(({ hasRun }) => hasRun), ...listed.filter(({ hasRun }) => !hasRun)]
    const wanted = new PluginRoutes(known)
    const { schema, refused } = composeSchema(
      this.#options.coreSchema,
      known.filter((plugin) => !wanted.refused.has(plugin)),
      this.#options.link,
    )
    this.#schema = schema
    this.#composed = new Set(known.filter((plugin) => !wanted.refused.has(plugin) && !refused.has(plugin)))
    this.#routes = new PluginRoutes(this.#composed)
    for (const [plugin, cause] of [...wanted.refused, ...refused]) {
      if (plugin.state === 'RUNNING') void plugin.park(cause)
      else if (!plugin.hasRun) this.#forget(plugin, cause)
    }
    this.events.emit('schema', schema)
  }

  #forget(plugin: Plugin, cause: Error): void {
    plugin.forget()
    const message = 'what the plugin contributed to the API at an earlier start does not fit any more, and is missing until it runs'
    this.#options.log.warn({ err: cause, plugin: plugin.name }, message)
    this.events.emit('forgotten', plugin)
  }

  #reportUnusable(entry: PluginEntry, error: unknown): void {
    this.#options.log.error({ err: error, plugin: entry.name }, 'a plugin can not be used')
  }
}
