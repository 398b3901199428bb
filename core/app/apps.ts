import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { apps as appsTable } from '../store/tables.ts'
import { App } from './app.ts'
import { AppSettings } from './settings.ts'

const APP_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const ROOM_NAME = /^[A-Za-z0-9_-]{1,128}$/

/** The apps of this server, kept in memory and written through to the store. */
export class Apps {
  readonly #store: Store
  readonly #events: CoreEvents
  readonly #byName = new Map<string, App>()

  private constructor(store: Store, events: CoreEvents) {
    this.#store = store
    this.#events = events
  }

  static async load(store: Store, events: CoreEvents): Promise<Apps> {
    const apps = new Apps(store, events)
    for (const row of await store.select().from(appsTable)) {
      apps.#byName.set(row.name, new App(row.name, row.prefix, AppSettings.parse(row.settings), row.createdAt))
    }
    if (!apps.#byName.has('default')) await apps.#insert('default', '', {})
    if (!apps.#byName.has('live')) await apps.#insert('live', 'live-', {})
    return apps
  }

  list(): App[] {
    return [...this.#byName.values()]
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  get(name: string): App {
    const app = this.#byName.get(name)
    if (!app) throw new MediaError('APP_NOT_FOUND', { app: name })
    return app
  }

  /** The app that a room belongs to by its name: the one with the longest matching prefix. */
  owning(room: string): App {
    return this.list()
      .filter(({ prefix }) => room.startsWith(prefix) && room.length > prefix.length)
      .reduce((longest, app) => (app.prefix.length > longest.prefix.length ? app : longest), this.get('default'))
  }

  /**
   * The full name of a room that is named by its full or its app-local name.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, or `ROOM_NAME_INVALID` for a name that is malformed or another app's.
   */
  roomName(appName: string, room: string): { app: App; name: string } {
    const app = this.get(appName)
    const name = room.startsWith(app.prefix) ? room : app.prefix + room
    if (!ROOM_NAME.test(name) || this.owning(name) !== app) throw new MediaError('ROOM_NAME_INVALID', { app: appName, room })
    return { app, name }
  }

  /** @throws {MediaError} `INPUT_INVALID` for a bad name or setting, `APP_EXISTS` when name or prefix is taken. */
  async create(name: string, settings: Partial<AppSettings> = {}): Promise<App> {
    if (!APP_NAME.test(name))
      throw new MediaError('INPUT_INVALID', { field: 'name', reason: 'lower-case letters, digits and dashes, at most 32' })
    if (this.#byName.has(name)) throw new MediaError('APP_EXISTS', { app: name })
    const app = await this.#insert(name, `${name}-`, settings)
    this.#events.emit('app.changed', app, 'CREATED')
    return app
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` naming the setting. */
  async update(name: string, changes: Partial<AppSettings>): Promise<App> {
    const app = this.get(name)
    const settings = checked({ ...app.settings, ...changes })
    await this.#store.update(appsTable).set({ settings }).where(eq(appsTable.name, name))
    app.settings = settings
    this.#events.emit('app.changed', app, 'CHANGED')
    return app
  }

  async #insert(name: string, prefix: string, changes: Partial<AppSettings>): Promise<App> {
    const app = new App(name, prefix, checked(changes), new Date())
    await this.#store.insert(appsTable).values({ name, prefix, settings: changes, createdAt: app.createdAt })
    this.#byName.set(name, app)
    return app
  }
}

function checked(settings: Partial<AppSettings>): AppSettings {
  const { data, error } = AppSettings.safeParse(settings)
  if (data) return data
  const [issue] = error.issues
  throw new MediaError('INPUT_INVALID', { field: issue?.path.join('.') ?? 'settings', reason: issue?.message ?? 'malformed' })
}
