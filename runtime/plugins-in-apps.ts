import type { App } from '../core/app/app.ts'
import type { Apps } from '../core/app/apps.ts'
import { MediaError } from '../core/kernel/errors.ts'
import type { LogEntry, PluginInAppView, PluginWork } from '../schema/context.ts'
import { AppPluginConfig } from './app-plugin-config.ts'
import type { AppPlugins, Said } from './app-plugins.ts'
import type { Plugin } from './host/plugin.ts'
import { HOST } from './host/plugin-logs.ts'
import { maskSecrets } from './redact.ts'

type Change = { enabled?: boolean; config?: Record<string, unknown> }

/** What each app makes of each plugin: a marketplace on which most is installed from the first day. */
export class PluginsInApps {
  readonly #apps: Apps
  readonly #inApps: AppPlugins

  constructor(apps: Apps, inApps: AppPlugins) {
    this.#apps = apps
    this.#inApps = inApps
  }

  view(plugin: Plugin, appName: string): PluginInAppView {
    const app = this.#apps.get(appName)
    const { name, manifest } = plugin
    const said = this.#said(plugin, app)
    return {
      app: app.name,
      plugin: name,
      installed: said.installedAt !== null,
      enabled: said.enabled,
      config: manifest ? new AppPluginConfig(name, manifest.appConfigSchema).shown(said.config) : maskSecrets(said.config),
      installedAt: said.installedAt ?? undefined,
      updatedAt: this.#inApps.said(name, app.name)?.updatedAt ?? said.installedAt ?? undefined,
      work: this.#work(plugin, app, said),
      log: linesAbout(app, plugin.logs),
    }
  }

  /** Whether an app has a plugin enabled, and not halted. */
  uses(plugin: Plugin, app: string): boolean {
    return this.#inApps.of(plugin.name, app).enabled ?? !plugin.manifest?.optional
  }

  /** Nobody else's options are told. */
  published(plugin: Plugin, app: App): Record<string, unknown> {
    return new AppPluginConfig(plugin.name, plugin.manifest?.appConfigSchema).published(this.#said(plugin, app).config)
  }

  async install(plugin: Plugin, appName: string): Promise<void> {
    const app = this.#apps.get(appName)
    if (this.#said(plugin, app).installedAt) return
    await this.#inApps.set(plugin.name, app, { enabled: !plugin.manifest?.optional, config: {}, installedAt: new Date() })
  }

  async uninstall(plugin: Plugin, appName: string): Promise<void> {
    await this.#inApps.set(plugin.name, this.#apps.get(appName), { enabled: false, config: {}, installedAt: null })
  }

  /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` naming the option, or when it is not installed. */
  async set(plugin: Plugin, appName: string, change: Change): Promise<void> {
    const app = this.#apps.get(appName)
    const said = this.#said(plugin, app)
    if (!said.installedAt)
      throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: plugin.name, field: 'enabled', reason: 'it is not installed' })
    const enabled = change.enabled ?? said.enabled
    const options = new AppPluginConfig(plugin.name, plugin.manifest?.appConfigSchema)
    const config = change.config ? options.merged(said.config, change.config) : said.config
    if (enabled) options.requireComplete(config)
    // What JSON Schema can not say, only the plugin knows.
    if (enabled && plugin.state === 'RUNNING' && plugin.manifest?.appConfigSchema) await plugin.remote.thread.checkApp(config)
    await this.#inApps.set(plugin.name, app, { enabled, config, installedAt: said.installedAt })
  }

  setWorking(plugin: Plugin, appName: string, working: boolean): void {
    const app = this.#apps.get(appName)
    const refuse = (reason: string) => {
      throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: plugin.name, field: 'enabled', reason })
    }
    if (!plugin.manifest?.worksPerApp) refuse('it does not work for each app on its own')
    const said = this.#said(plugin, app)
    if (working && !said.installedAt) refuse('it is not installed')
    if (working && !said.enabled) refuse('it is not enabled')
    if (working) new AppPluginConfig(plugin.name, plugin.manifest?.appConfigSchema).requireComplete(said.config)
    if (said.enabled) this.#inApps.halt(plugin.name, app, !working)
  }

  /** What the app said, or what counts until it says something. */
  #said({ name, manifest }: Plugin, app: App): Said {
    const silent = {
      enabled: !manifest?.optional,
      config: {},
      installedAt: manifest?.optional ? null : app.createdAt,
      updatedAt: app.createdAt,
    }
    return this.#inApps.said(name, app.name) ?? silent
  }

  #work(plugin: Plugin, app: App, said: Said): PluginWork {
    const stoppedAt = this.#inApps.haltedAt(plugin.name, app.name)
    if (!said.enabled || stoppedAt || plugin.state === 'DISABLED') {
      return { state: 'STOPPED', startedAt: undefined, stoppedAt, failedAt: undefined, error: undefined }
    }
    const hasFailed = plugin.state === 'FAILED' || plugin.state === 'RESTARTING'
    const [failedAt, error] = hasFailed ? [plugin.lastFailedAt, plugin.lastError] : []
    const state = plugin.state === 'RUNNING' ? 'RUNNING' : plugin.state === 'FAILED' ? 'CRASHED' : 'STARTING'
    return { state, startedAt: plugin.startedAt, stoppedAt: undefined, failedAt, error }
  }
}

/** Lines about other apps are other people's: those of an earlier app of its name, and those that do not say whom they are about. */
function linesAbout({ name, createdAt }: App, lines: Iterable<LogEntry>): LogEntry[] {
  return [...lines].filter(({ fields, source, at }) =>
    fields.app === undefined ? source === HOST : fields.app === name && at >= createdAt,
  )
}
