import type { App } from '../core/app/app.ts'
import type { Apps } from '../core/app/apps.ts'
import type { CoreEvents } from '../core/events/events.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { Store } from '../core/store/database.ts'
import { appPlugins } from '../core/store/tables.ts'
import type { PluginInApp } from '../plugins/kit/protocol.ts'
import type { PluginApps } from './host/plugin-apps.ts'

type Row = typeof appPlugins.$inferSelect

/** What apps say about plugins, kept in memory and written through to the store. */
export class AppPlugins implements PluginApps {
  readonly #store: Store
  readonly #apps: Apps
  readonly #events: CoreEvents
  readonly #rows = new Map<string, Row>()
  readonly #watchers = new Map<Feed<PluginInApp>, string>()

  static async load(store: Store, apps: Apps, events: CoreEvents): Promise<AppPlugins> {
    const loaded = new AppPlugins(store, apps, events)
    for (const row of await store.select().from(appPlugins)) loaded.#rows.set(keyOf(row), row)
    return loaded
  }

  private constructor(store: Store, apps: Apps, events: CoreEvents) {
    this.#store = store
    this.#apps = apps
    this.#events = events
    events.on('app.changed', (app, change) => {
      if (change === 'CREATED') for (const [feed, plugin] of this.#watchers) feed.push(this.of(plugin, app.name))
    })
  }

  /** Without a word of the app about it, a plugin is enabled and has the defaults of its options. */
  of(plugin: string, app: string): PluginInApp {
    const row = this.#rows.get(keyOf({ app, plugin }))
    return { app, enabled: row?.enabled ?? true, config: row?.config ?? undefined }
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

  async set(plugin: string, app: App, change: { enabled?: boolean; config?: Record<string, unknown> }): Promise<PluginInApp> {
    const { enabled, config } = { ...this.of(plugin, app.name), ...change }
    const now = new Date()
    const installedAt = this.#rows.get(keyOf({ app: app.name, plugin }))?.installedAt ?? now
    const row: Row = {
      app: app.name,
      plugin,
      enabled,
      config: (config as Record<string, unknown> | undefined) ?? null,
      installedAt,
      updatedAt: now,
    }
    await this.#store
      .insert(appPlugins)
      .values(row)
      .onConflictDoUpdate({ target: [appPlugins.app, appPlugins.plugin], set: { enabled, config: row.config, updatedAt: now } })
    this.#rows.set(keyOf(row), row)
    const said = this.of(plugin, app.name)
    for (const [feed, watched] of this.#watchers) if (watched === plugin) feed.push(said)
    this.#events.emit('app.changed', app, 'CHANGED')
    return said
  }
}

const keyOf = ({ app, plugin }: { app: string; plugin: string }): string => `${app}/${plugin}`
