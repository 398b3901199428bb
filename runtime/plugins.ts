import type { Apps } from '../core/app/apps.ts'
import { Feed } from '../core/kernel/feed.ts'
import type { Store } from '../core/store/database.ts'
import { eq } from '../core/store/drizzle.ts'
import { plugins as pluginsTable } from '../core/store/tables.ts'
import type { LogEntry, PlayerPlugin, PluginInAppView, PluginsService, PluginView } from '../schema/context.ts'
import type { AppPlugins } from './app-plugins.ts'
import type { Plugin } from './host/plugin.ts'
import type { PluginHost } from './host/plugin-host.ts'
import type { PluginEntry } from './host/plugins-config.ts'
import type { KnownManifests } from './known-manifests.ts'
import { PluginsInApps } from './plugins-in-apps.ts'
import { maskSecrets } from './redact.ts'

type PluginsDependencies = { host: PluginHost; store: Store; inApps: AppPlugins; apps: Apps; known: KnownManifests }

/** What the API can do with plugins. What an operator changes is kept, and wins over `plugins.config.ts` at the next start. */
export class Plugins implements PluginsService {
  readonly #host: PluginHost
  readonly #store: Store
  readonly #inApps: PluginsInApps
  readonly #apps: Apps
  readonly #known: KnownManifests

  constructor({ host, store, inApps, apps, known }: PluginsDependencies) {
    this.#host = host
    this.#store = store
    this.#inApps = new PluginsInApps(apps, inApps)
    this.#apps = apps
    this.#known = known
    host.events.on('contributed', (plugin) => known.keep(plugin))
    host.events.on('forgotten', (plugin) => known.drop(plugin))
  }

  /** Starts what is listed, as changed by operators in earlier runs. */
  async start(entries: readonly PluginEntry[]): Promise<void> {
    const rows = await this.#store.select().from(pluginsTable)
    const changed = entries.map((entry) => {
      const row = rows.find(({ name }) => name === entry.name)
      return row ? { ...entry, enabled: row.enabled, options: row.options ?? entry.options } : entry
    })
    await this.#host.start(changed, (entry) => this.#known.of(entry))
  }

  list(): PluginView[] {
    return [...this.#host].map(view)
  }

  get(name: string): PluginView {
    return view(this.#host.get(name))
  }

  async enable(name: string): Promise<PluginView> {
    const plugin = this.#host.get(name)
    await this.#keep(name, { enabled: true })
    await plugin.enable()
    return view(plugin)
  }

  async disable(name: string): Promise<PluginView> {
    const plugin = this.#host.get(name)
    await this.#keep(name, { enabled: false })
    await plugin.disable()
    return view(plugin)
  }

  async restart(name: string): Promise<PluginView> {
    const plugin = this.#host.get(name)
    await plugin.restart()
    return view(plugin)
  }

  async configure(name: string, options: Record<string, unknown>): Promise<PluginView> {
    const plugin = this.#host.get(name)
    await plugin.configure(options)
    await this.#keep(name, { options, enabled: plugin.state !== 'DISABLED' })
    return view(plugin)
  }

  inApp(name: string, app: string): PluginInAppView {
    return this.#inApps.view(this.#host.get(name), app)
  }

  async installInApp(name: string, app: string): Promise<PluginInAppView> {
    await this.#inApps.install(this.#host.get(name), app)
    return this.inApp(name, app)
  }

  async uninstallInApp(name: string, app: string): Promise<PluginInAppView> {
    await this.#inApps.uninstall(this.#host.get(name), app)
    return this.inApp(name, app)
  }

  async setInApp(name: string, app: string, change: { enabled?: boolean; config?: Record<string, unknown> }): Promise<PluginInAppView> {
    await this.#inApps.set(this.#host.get(name), app, change)
    return this.inApp(name, app)
  }

  setWorking(name: string, app: string, working: boolean): PluginInAppView {
    this.#inApps.setWorking(this.#host.get(name), app, working)
    return this.inApp(name, app)
  }

  inPlayers(appName: string): PlayerPlugin[] {
    const app = this.#apps.get(appName)
    return [...this.#host]
      .filter((plugin) => plugin.manifest?.ui === 'player-overlay' && this.#inApps.uses(plugin, app.name))
      .map((plugin) => ({ plugin: view(plugin), config: this.#inApps.published(plugin, app) }))
  }

  /** Whether an app lets a plugin work for it. */
  uses(app: string, name: string): boolean {
    return this.#inApps.uses(this.#host.get(name), app)
  }

  watch(): Feed<PluginView> {
    const changed = (plugin: Plugin) => feed.push(view(plugin))
    const feed = new Feed<PluginView>({ keyOf: ({ name }) => name, onEnd: () => this.#host.events.off('state', changed) })
    this.#host.events.on('state', changed)
    for (const plugin of this.list()) feed.push(plugin)
    return feed
  }

  watchLog(name: string): Feed<LogEntry> {
    const plugin = this.#host.get(name)
    const written = (from: Plugin, line: LogEntry) => {
      if (from === plugin) feed.push(line)
    }
    const feed = new Feed<LogEntry>({ onEnd: () => this.#host.events.off('line', written) })
    this.#host.events.on('line', written)
    for (const line of plugin.logs) feed.push(line)
    return feed
  }

  async #keep(name: string, change: { enabled: boolean; options?: Record<string, unknown> }): Promise<void> {
    const [row] = await this.#store.select().from(pluginsTable).where(eq(pluginsTable.name, name))
    if (row) await this.#store.update(pluginsTable).set(change).where(eq(pluginsTable.name, name))
    else await this.#store.insert(pluginsTable).values({ name, ...change })
  }
}

function view(plugin: Plugin): PluginView {
  const { name, state, restarts, lastError, health, manifest, options, logs, budget } = plugin
  return {
    name,
    version: manifest?.version,
    title: manifest?.title,
    description: manifest?.description ?? '',
    category: manifest?.category ?? 'tool',
    ui: manifest?.ui ?? 'app-tab',
    optional: manifest?.optional ?? false,
    worksPerApp: manifest?.worksPerApp ?? false,
    state,
    restarts,
    lastError,
    options: maskSecrets(options),
    configSchema: manifest?.configSchema,
    appConfigSchema: manifest?.appConfigSchema,
    health,
    budget,
    // Read only when it is asked for: a plugin may keep 500 lines.
    get log() {
      return [...logs]
    },
  }
}
