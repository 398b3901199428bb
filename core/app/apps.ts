import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { apps as appsTable } from '../store/tables.ts'
import { App } from './app.ts'
import { type ConfigChange, changeConfig } from './config-change.ts'
import { parseConfig, readConfigText, writeConfigText } from './config-file.ts'

const APP_NAME = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/
const ROOM_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/
/** What every app's folder holds from its first day. */
const SUBFOLDERS = ['recordings', 'snapshots', 'samples']

/** The tenant of what nobody in particular owns. */
export const PLATFORM = 'platform'

export type NewApp = { displayName?: string; roomPrefix?: string; tenant?: string; config?: ConfigChange }

/** The apps of this server: a row in the registry, and a folder each. */
export class Apps {
  readonly #store: Store
  readonly #events: CoreEvents
  readonly #folder: string
  readonly #log: Log
  readonly #byName = new Map<string, App>()

  private constructor(store: Store, events: CoreEvents, dataDir: string, log: Log) {
    this.#store = store
    this.#events = events
    this.#folder = join(dataDir, 'apps')
    this.#log = log
  }

  static async load(options: { store: Store; events: CoreEvents; dataDir: string; log: Log }): Promise<Apps> {
    const apps = new Apps(options.store, options.events, options.dataDir, options.log)
    for (const row of await options.store.select().from(appsTable)) apps.#byName.set(row.name, await apps.#read(row))
    if (!apps.#byName.has('default')) await apps.#insert('default', {})
    if (!apps.#byName.has('live')) await apps.#insert('live', {})
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

  /** The app that a room belongs to by its name: the one with the longest matching prefix. */
  owning(room: string): App {
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
  async create(name: string, options: NewApp = {}): Promise<App> {
    if (!APP_NAME.test(name)) {
      throw new MediaError('INPUT_INVALID', { field: 'name', reason: '3 to 32 lower-case letters, digits and inner dashes' })
    }
    if (this.#byName.has(name)) throw new MediaError('APP_EXISTS', { app: name })
    const app = await this.#insert(name, options)
    this.#events.emit('app.changed', app, 'CREATED')
    return app
  }

  /**
   * Changes an app's configuration; what the file says besides, and its comments, stay.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` naming the key.
   */
  async update(name: string, change: ConfigChange): Promise<App> {
    const app = this.get(name)
    await this.replaceConfig(app, changeConfig(name, await readConfigText(app.folder), change))
    return app
  }

  /**
   * Writes an app's file and follows it.
   *
   * @returns What in it was not understood.
   * @throws {MediaError} `APP_CONFIG_INVALID`, `INPUT_INVALID` or `APP_EXISTS`; the file is then as it was.
   */
  async replaceConfig(app: App, text: string): Promise<readonly string[]> {
    const { config } = parseConfig(app.name, text)
    this.#requireFreePrefix(app.name, config.roomPrefix)
    await writeConfigText(app.folder, text)
    return this.reload(app)
  }

  /** Reads an app's file again. @returns What in it was not understood. */
  async reload(app: App): Promise<readonly string[]> {
    const { config, warnings } = parseConfig(app.name, await readConfigText(app.folder))
    this.#requireFreePrefix(app.name, config.roomPrefix)
    app.config = config
    app.updatedAt = new Date()
    await this.#store.update(appsTable).set({ updatedAt: app.updatedAt }).where(eq(appsTable.name, app.name))
    this.#events.emit('app.changed', app, 'CHANGED')
    return warnings
  }

  /**
   * Deletes an app with everything that is its own but its recordings, and these too when asked to.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `CONFLICT` for the app that owns what nobody else claims.
   */
  async delete(name: string, { recordings }: { recordings: boolean }): Promise<App> {
    const app = this.get(name)
    if (name === 'default') throw new MediaError('CONFLICT', { app: name, reason: 'rooms without an app belong to it' })
    this.#byName.delete(name)
    await this.#store.delete(appsTable).where(eq(appsTable.name, name))
    this.#events.emit('app.changed', app, 'DELETED')
    await app.close()
    if (recordings) await rm(app.folder, { recursive: true, force: true })
    return app
  }

  async close(): Promise<void> {
    for (const app of this.#byName.values()) await app.close()
  }

  async #insert(name: string, { displayName, roomPrefix, tenant = PLATFORM, config: change = {} }: NewApp): Promise<App> {
    const identity = { name, displayName: displayName ?? name, roomPrefix: roomPrefix ?? (name === 'default' ? '' : name) }
    const text = changeConfig(name, '', { ...identity, ...change })
    const { config } = parseConfig(name, text)
    this.#requireFreePrefix(name, config.roomPrefix)
    const folder = join(this.#folder, name)
    for (const sub of SUBFOLDERS) await mkdir(join(folder, sub), { recursive: true, mode: 0o750 })
    await writeConfigText(folder, text)
    const createdAt = new Date()
    const row = { name, tenant, createdAt, updatedAt: createdAt }
    const [inserted] = await this.#store.insert(appsTable).values(row).returning({ number: appsTable.number })
    const app = new App({ ...row, number: inserted?.number ?? 0, folder, config })
    this.#byName.set(name, app)
    return app
  }

  async #read(row: typeof appsTable.$inferSelect): Promise<App> {
    const folder = join(this.#folder, row.name)
    try {
      const { config, warnings } = parseConfig(row.name, await readConfigText(folder))
      if (warnings.length > 0) this.#log.warn({ app: row.name, warnings }, 'config.yaml is not understood in every part')
      return new App({ ...row, folder, config })
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
      this.#log.error({ err: error, app: row.name }, 'config.yaml can not be read; the app has the defaults')
      return new App({ ...row, folder, config: parseConfig(row.name, '').config })
    }
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
