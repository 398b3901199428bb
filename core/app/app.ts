import type { AppStore } from '../store/app-database.ts'
import { openAppStore } from '../store/app-database.ts'
import type { AppSecrets } from './app-secrets.ts'
import type { AppConfig } from './config.ts'
import { type S3Access, s3Access } from './s3.ts'
import { type AppSettings, settingsOf } from './settings.ts'

export type AppOptions = {
  number: number
  name: string
  tenant: string
  /** Absolute path of the folder of everything it keeps. */
  folder: string
  config: AppConfig
  secrets: AppSecrets
  createdAt: Date
  updatedAt: Date
}

/** A tenant's media: every room whose name is its prefix, or begins with that and a dash, belongs to it. */
export class App {
  readonly number: number
  readonly name: string
  readonly tenant: string
  readonly folder: string
  readonly createdAt: Date
  readonly secrets: AppSecrets
  updatedAt: Date
  config: AppConfig
  #store: Promise<AppStore> | undefined

  constructor({ number, name, tenant, folder, config, secrets, createdAt, updatedAt }: AppOptions) {
    this.number = number
    this.name = name
    this.tenant = tenant
    this.folder = folder
    this.config = config
    this.secrets = secrets
    this.createdAt = createdAt
    this.updatedAt = updatedAt
  }

  /** `live` for the app `live`; empty for `default`, which owns what nobody else claims. */
  get prefix(): string {
    return this.config.roomPrefix
  }

  get settings(): AppSettings {
    return settingsOf(this.config)
  }

  /** The key that signs its callbacks, from wherever it was set last; empty: they are not signed. */
  get callbackSecret(): string {
    return this.config.callbacks.secret || this.secrets.get('callbacks.secret')
  }

  /** Its bucket with the credentials, for whoever uploads; undefined while it has none. */
  s3(): S3Access | undefined {
    return s3Access(this)
  }

  /** Its own database, opened when it is first asked for. */
  store(): Promise<AppStore> {
    this.#store ??= openAppStore(this.folder)
    this.#store.catch(() => {
      this.#store = undefined
    })
    return this.#store
  }

  /** Whether a room of this full name can be its own. */
  claims(room: string): boolean {
    return this.prefix === '' || room === this.prefix || room.startsWith(`${this.prefix}-`)
  }

  /** The name a room goes by outside, when it is named by its full or its app-local name, or not at all. */
  fullName(room: string): string {
    if (room === '') return this.prefix
    return this.claims(room) ? room : `${this.prefix}-${room}`
  }

  /** The name a room goes by inside this app. */
  localName(room: string): string {
    return this.prefix !== '' && room.startsWith(`${this.prefix}-`) ? room.slice(this.prefix.length + 1) : room
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined)
    this.#store = undefined
    store?.close()
  }
}
