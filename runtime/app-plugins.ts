import type { ServerKeys } from '../core/access/server-keys.ts'
import type { App } from '../core/app/app.ts'
import type { Apps } from '../core/app/apps.ts'
import type { Core } from '../core/core.ts'
import type { CoreEvents } from '../core/events/events.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { Store } from '../core/store/database.ts'
import { eq } from '../core/store/drizzle.ts'
import { appPlugins } from '../core/store/tables.ts'
import type { PluginInApp } from '../plugins/kit/protocol.ts'
import type { PluginApps } from './host/plugin-apps.ts'

type Place = { readonly app: string; readonly plugin: string }

/** What an app said about a plugin. */
export type Said = {
  readonly enabled: boolean
  readonly config: Readonly<Record<string, unknown>>
  /** Null: it said that it has no use for it. */
  readonly installedAt: Date | null
  readonly updatedAt: Date
}

/** What apps say about plugins, kept in memory and written through to the store. */
export class AppPlugins implements PluginApps {
  readonly #store: Store
  readonly #apps: Apps
  readonly #events: CoreEvents
  readonly #keys: ServerKeys
  readonly #said = new Map<string, Place & Said>()
  /** Where a plugin that is enabled does not work at the moment, until somebody starts it there or the server starts again. */
  readonly #halted = new Map<string, Date>()
  readonly #watchers = new Map<Feed<PluginInApp>, string>()

  static async load(core: Pick<Core, 'store' | 'apps' | 'events' | 'keys'>): Promise<AppPlugins> {
    const loaded = new AppPlugins(core)
    for (const { sealedConfig, ...row } of await core.store.select().from(appPlugins)) {
      const config = sealedConfig === null ? {} : (JSON.parse(core.keys.unseal(sealedConfig)) as Said['config'])
      loaded.#said.set(keyOf(row), { ...row, config })
    }
    return loaded
  }

  private constructor({ store, apps, events, keys }: Pick<Core, 'store' | 'apps' | 'events' | 'keys'>) {
    this.#store = store
    this.#apps = apps
    this.#events = events
    this.#keys = keys
    events.on('app.changed', (app, change) => {
      if (change === 'CREATED') for (const plugin of this.#watchers.values()) this.#tell(plugin, app.name)
      if (change === 'DELETED') void this.#forget(app.name)
    })
  }

  /** Undefined where the app has not said a word about it. */
  said(plugin: string, app: string): Said | undefined {
    return this.#said.get(keyOf({ app, plugin }))
  }

  of(plugin: string, app: string): PluginInApp {
    const said = this.said(plugin, app)
    if (!said) return { app, config: undefined }
    return { app, enabled: said.enabled && !this.#halted.has(keyOf({ app, plugin })), config: said.config }
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  async get(plugin: string, app: string): Promise<PluginInApp> {
    return this.of(plugin, this.#apps.get(app).name)
  }

  /** A slow reader gets the latest of each app. */
  watch(plugin: string, present: boolean, signal?: AbortSignal): Feed<PluginInApp> {
    const feed = new Feed<PluginInApp>({ keyOf: ({ app }) => app, onEnd: () => this.#watchers.delete(feed) })
    this.#watchers.set(feed, plugin)
    if (present) for (const { name } of this.#apps.list()) feed.push(this.of(plugin, name))
    signal?.addEventListener('abort', () => feed.end(), { once: true })
    return feed
  }

  async set(plugin: string, app: App, { enabled, config, installedAt }: Omit<Said, 'updatedAt'>): Promise<void> {
    const place = { app: app.name, plugin }
    const updatedAt = new Date()
    const row = { ...place, enabled, sealedConfig: this.#keys.seal(JSON.stringify(config)), installedAt, updatedAt }
    await this.#store
      .insert(appPlugins)
      .values(row)
      .onConflictDoUpdate({ target: [appPlugins.app, appPlugins.plugin], set: row })
    if (this.#apps.find(app.name) !== app) {
      // Deleted meanwhile: another app of its name has not said this.
      await this.#store.delete(appPlugins).where(eq(appPlugins.app, app.name))
      throw new MediaError('APP_NOT_FOUND', { app: app.name })
    }
    this.#said.set(keyOf(place), { ...place, enabled, config, installedAt, updatedAt })
    this.#halted.delete(keyOf(place))
    this.#tell(plugin, app.name)
    this.#events.emit('app.changed', app, 'CHANGED')
  }

  /** Since when the plugin is halted in the app. */
  haltedAt(plugin: string, app: string): Date | undefined {
    return this.#halted.get(keyOf({ app, plugin }))
  }

  /** Lets a plugin stop, or go on, to work for an app that has it enabled. */
  halt(plugin: string, app: App, halted: boolean): void {
    const key = keyOf({ app: app.name, plugin })
    if (halted === this.#halted.has(key)) return
    if (halted) this.#halted.set(key, new Date())
    else this.#halted.delete(key)
    this.#tell(plugin, app.name)
    this.#events.emit('app.changed', app, 'CHANGED')
  }

  #tell(plugin: string, app: string): void {
    for (const [feed, watched] of this.#watchers) if (watched === plugin) feed.push(this.of(plugin, app))
  }

  async #forget(app: string): Promise<void> {
    const gone = [...this.#said.values()].filter((said) => said.app === app)
    for (const { plugin } of gone) {
      this.#said.delete(keyOf({ app, plugin }))
      this.#halted.delete(keyOf({ app, plugin }))
      for (const [feed, watched] of this.#watchers) if (watched === plugin) feed.push({ app, enabled: false, config: undefined })
    }
    await this.#store.delete(appPlugins).where(eq(appPlugins.app, app))
  }
}

const keyOf = ({ app, plugin }: Place): string => `${app}/${plugin}`
