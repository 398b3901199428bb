import { MediaError } from '../../core/kernel/errors.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import { eq, ne } from '../kit/tables.ts'
import { type CameraKey, hashOf, newSecret } from './camera-key.ts'
import { isSlug } from './slug.ts'
import { cameraKeys } from './tables.ts'

const MIGRATIONS = new URL('./migrations', import.meta.url)

type KeysHost = Pick<Host, 'core' | 'db'>
type Database = Awaited<ReturnType<typeof openDatabase>>
type AppKeys = { readonly number: number; readonly database: Database; readonly byHash: Map<string, CameraKey> }

/** The keys of all cameras: each app's in its own database, and in memory from the first time that somebody asks for one. */
export class CameraKeys {
  readonly #host: KeysHost
  readonly #apps = new Map<string, Promise<AppKeys>>()

  constructor(host: KeysHost) {
    this.#host = host
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  async find(app: AppInfo, secret: string): Promise<CameraKey | undefined> {
    return (await this.#of(app)).byHash.get(hashOf(secret))
  }

  /** Newest first. @throws {MediaError} `APP_NOT_FOUND` */
  async list(appName: string): Promise<CameraKey[]> {
    const { byHash } = await this.#of(await this.#host.core.apps.get(appName))
    return [...byHash.values()].reverse()
  }

  /**
   * @param identity Absent: as the room is called here.
   * @returns The key, which can not be read again, and what it is for.
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, or `INPUT_INVALID` naming the field.
   */
  async create(appName: string, room: string, identity = room): Promise<{ key: CameraKey; secret: string }> {
    requireSlug('room', room)
    requireSlug('identity', identity)
    const app = await this.#host.core.apps.get(appName)
    const fullName = await this.#host.core.rooms.fullName(appName, room)
    const { database, byHash, number } = await this.#of(app)
    const { secret, keyHash, id, keyHint } = newSecret()
    const key = { id, app: appName, room: fullName, identity, keyHint, createdAt: new Date() }
    await database.insert(cameraKeys).values({ ...key, keyHash, appNumber: number })
    byHash.set(keyHash, key)
    return { key, secret }
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, or `NOT_FOUND`. */
  async delete(appName: string, id: string): Promise<CameraKey> {
    const { database, byHash } = await this.#of(await this.#host.core.apps.get(appName))
    for (const [hash, key] of byHash) {
      if (key.id !== id) continue
      await database.delete(cameraKeys).where(eq(cameraKeys.id, id))
      byHash.delete(hash)
      return key
    }
    throw new MediaError('NOT_FOUND', { cameraKey: id })
  }

  /** The app is gone, and its database with it. */
  forget(app: string): void {
    this.#apps.delete(app)
  }

  async #of(app: AppInfo): Promise<AppKeys> {
    const known = await this.#apps.get(app.name)?.catch(() => undefined)
    if (known?.number === app.number) return known
    const loading = this.#load(app)
    this.#apps.set(app.name, loading)
    try {
      return await loading
    } catch (error) {
      if (this.#apps.get(app.name) === loading) this.#apps.delete(app.name)
      throw error
    }
  }

  async #load({ name: app, number }: AppInfo): Promise<AppKeys> {
    const database = await openDatabase(this.#host, app)
    await database.delete(cameraKeys).where(ne(cameraKeys.appNumber, number))
    const rows = await database.select().from(cameraKeys).orderBy(cameraKeys.createdAt)
    return { number, database, byHash: new Map(rows.map(({ keyHash, appNumber: _, ...row }) => [keyHash, { ...row, app }])) }
  }
}

function openDatabase({ db }: KeysHost, app: string) {
  return db.open({ app, tables: { cameraKeys }, migrationsFolder: MIGRATIONS })
}

function requireSlug(field: string, value: string): void {
  const reason = 'must be 1 to 64 letters, digits, dashes and underscores, and begin with a letter or digit'
  if (!isSlug(value)) throw new MediaError('INPUT_INVALID', { field, reason })
}
