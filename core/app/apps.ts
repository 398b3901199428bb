import { join } from 'node:path'
import type { ServerKeys } from '../access/server-keys.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { OutboundPolicy } from '../kernel/outbound.ts'
import { Turns } from '../kernel/turns.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { apps as appsTable } from '../store/tables.ts'
import { App } from './app.ts'
import { completeAppFolder, makeAppFolder } from './app-folder.ts'
import { forgetApp } from './app-removal.ts'
import { type AppEnvironment, AppSecrets } from './app-secrets.ts'
import { withoutCallbackSecret } from './callback-secret.ts'
import type { AppConfig } from './config.ts'
import type { ConfigChange } from './config-change.ts'
import { ConfigEditor } from './config-editor.ts'
import { readConfigText, writeConfigText } from './config-file.ts'
import { defaultConfig, parseConfig } from './config-yaml.ts'
import { newConfigText } from './new-config.ts'
import { type S3Change, s3ConfigChange, s3SecretsChange } from './s3.ts'

const APP_NAME = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/
const ROOM_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/

/** The tenant of what nobody in particular owns. */
export const PLATFORM = 'platform'

export type NewApp = { tenant?: string; config?: ConfigChange }
export type AppDeletion = { recordings: boolean }
type BeforeDelete = (app: App, deletion: AppDeletion) => Promise<void> | void

type AppsDependencies = {
  store: Store
  events: CoreEvents
  keys: ServerKeys
  outbound: OutboundPolicy
  environment: AppEnvironment
  dataDir: string
  log: Log
}

/** The apps of this server: a row in the registry, and a folder each. */
export class Apps {
  /** Their configuration files. */
  readonly configs: ConfigEditor
  readonly #of: AppsDependencies
  readonly #folder: string
  readonly #byName = new Map<string, App>()
  readonly #turns = new Turns(1)
  readonly #beforeDelete: BeforeDelete[] = []
  #holderOf: (room: string) => App | undefined = () => undefined

  private constructor(dependencies: AppsDependencies) {
    this.#of = dependencies
    this.#folder = join(dependencies.dataDir, 'apps')
    this.configs = new ConfigEditor({
      turns: this.#turns,
      require: (app, { roomPrefix }) => {
        this.#requireThere(app)
        this.#requireFreePrefix(app.name, roomPrefix)
      },
      follow: (app, config) => this.#follow(app, config),
    })
  }

  static async load(dependencies: AppsDependencies): Promise<Apps> {
    const apps = new Apps(dependencies)
    for (const row of await dependencies.store.select().from(appsTable)) apps.#byName.set(row.name, await apps.#read(row))
    if (!apps.#byName.has('default')) {
      const isFirstStart = apps.#byName.size === 0
      await apps.#adopt('default')
      if (isFirstStart) await apps.#adopt('live')
    }
    return apps
  }

  /** By name. */
  list(): App[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): App | undefined {
    return this.#byName.get(name)
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  get(name: string): App {
    const app = this.#byName.get(name)
    if (!app) throw new MediaError('APP_NOT_FOUND', { app: name })
    return app
  }

  /** Tells in which app an open room is. */
  heldBy(holderOf: (room: string) => App | undefined): void {
    this.#holderOf = holderOf
  }

  /**
   * The app that a room belongs to: the one with the longest matching prefix. An open room stays with its app, also when an app comes whose
   * prefix fits its name better: nobody gets at the people in a room by taking its name.
   */
  owning(room: string): App {
    const holder = this.#holderOf(room)
    if (holder) return holder
    return [...this.#byName.values()]
      .filter((app) => app.claims(room))
      .reduce((longest, app) => (app.prefix.length > longest.prefix.length ? app : longest), this.get('default'))
  }

  /**
   * The full name of a room that is named by its full or its app-local name.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `ROOM_NAME_INVALID` for a name that is malformed or another app's.
   */
  roomName(appName: string, room: string): { app: App; name: string } {
    const app = this.get(appName)
    const name = app.fullName(room)
    if (!ROOM_NAME.test(name) || this.owning(name) !== app) throw new MediaError('ROOM_NAME_INVALID', { app: appName, room })
    return { app, name }
  }

  /**
   * @throws {MediaError} `INPUT_INVALID` for a bad name, prefix or setting; `APP_EXISTS` when the name is taken, or the prefix is or
   * lies within another app's.
   */
  async create(name: string, { tenant = PLATFORM, config: change = {} }: NewApp = {}): Promise<App> {
    if (!APP_NAME.test(name)) {
      throw new MediaError('INPUT_INVALID', { field: 'name', reason: 'must be 3 to 32 lower-case letters, digits and inner dashes' })
    }
    const { config, secrets } = withoutCallbackSecret(change)
    const app = await this.#turns.take(async () => {
      if (this.#byName.has(name)) throw new MediaError('APP_EXISTS', { app: name })
      const text = newConfigText(name, config)
      this.#requireFreePrefix(name, parseConfig(name, text).config.roomPrefix)
      const folder = join(this.#folder, name)
      await makeAppFolder(folder, tenant)
      await writeConfigText(folder, text)
      const created = await this.#insert(name, tenant)
      await created.secrets.change(secrets)
      await created.store()
      this.#byName.set(name, created)
      return created
    })
    this.#of.events.emit('app.changed', app, 'CREATED')
    return app
  }

  /**
   * Changes an app's configuration; what the file says besides, and its comments, stay.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` naming the key.
   */
  async update(name: string, change: ConfigChange): Promise<App> {
    const app = this.get(name)
    const { config, secrets } = withoutCallbackSecret(change)
    await this.configs.change(app, config, secrets)
    return app
  }

  /**
   * Changes where an app's recordings are uploaded to. The credentials never reach its file.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` for an address the server can or may not reach, or for recordings made public
   * unconfirmed.
   */
  async updateS3(name: string, change: S3Change): Promise<App> {
    const app = this.get(name)
    await this.configs.change(app, s3ConfigChange(change, this.#of.outbound), s3SecretsChange(app, change))
    return app
  }

  /** Does this before an app goes, while everything of it is still there. What it throws keeps the app. */
  beforeDelete(work: BeforeDelete): void {
    this.#beforeDelete.push(work)
  }

  /**
   * Deletes an app with everything that is its own but its recordings, and these too when asked to.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `CONFLICT` for the app that owns what nobody else claims, or whatever keeps it from going, such
   * as `STORAGE_FAILED`.
   */
  async delete(name: string, deletion: AppDeletion): Promise<App> {
    if (this.get(name).name === 'default') throw new MediaError('CONFLICT', { app: name, reason: 'rooms without an app belong to it' })
    for (const work of this.#beforeDelete) await work(this.get(name), deletion)
    return this.#turns.take(async () => {
      const app = this.get(name)
      this.#byName.delete(name)
      await forgetApp(app, deletion, { store: this.#of.store, gone: () => this.#of.events.emit('app.changed', app, 'DELETED') })
      return app
    })
  }

  async close(): Promise<void> {
    for (const app of this.#byName.values()) await app.close()
  }

  /** Makes an app that every server has; an operator may have laid its file there already. */
  async #adopt(name: string): Promise<void> {
    const folder = join(this.#folder, name)
    await completeAppFolder(folder)
    if ((await readConfigText(folder)) === '') await writeConfigText(folder, newConfigText(name, {}))
    this.#byName.set(name, await this.#insert(name, PLATFORM))
  }

  async #insert(name: string, tenant: string): Promise<App> {
    const now = new Date()
    const [row] = await this.#of.store.insert(appsTable).values({ name, tenant, createdAt: now, updatedAt: now }).returning()
    if (!row) throw new Error('the registry kept no row')
    return this.#read(row)
  }

  async #read(row: typeof appsTable.$inferSelect): Promise<App> {
    const { log, keys, environment } = this.#of
    const folder = join(this.#folder, row.name)
    const secrets = new AppSecrets(row.name, keys, environment)
    try {
      const { config, warnings } = parseConfig(row.name, await readConfigText(folder))
      if (warnings.length > 0) log.warn({ app: row.name, warnings }, 'config.yaml is not understood in every part')
      return new App({ ...row, folder, config, secrets })
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      log.error({ err: error, app: row.name }, 'config.yaml can not be read; the app has the defaults')
      return new App({ ...row, folder, config: defaultConfig(row.name), secrets })
    }
  }

  async #follow(app: App, config: AppConfig): Promise<void> {
    app.config = config
    app.updatedAt = new Date()
    await this.#of.store.update(appsTable).set({ updatedAt: app.updatedAt }).where(eq(appsTable.name, app.name))
    this.#of.events.emit('app.changed', app, 'CHANGED')
  }

  /** Nothing is written for an app that was deleted meanwhile: another one of its name would find it. */
  #requireThere(app: App): void {
    if (this.#byName.get(app.name) !== app) throw new MediaError('APP_NOT_FOUND', { app: app.name })
  }

  /** Two apps must never claim the same room. */
  #requireFreePrefix(name: string, prefix: string): void {
    if (name === 'default') return
    for (const other of this.#byName.values()) {
      if (other.name === name || other.prefix === '') continue
      if (`${prefix}-`.startsWith(`${other.prefix}-`) || `${other.prefix}-`.startsWith(`${prefix}-`)) {
        throw new MediaError('APP_EXISTS', { app: other.name, prefix })
      }
    }
  }
}
