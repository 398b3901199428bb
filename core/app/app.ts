import type { AppSettings } from './settings.ts'

/** A tenant: every room whose name begins with its prefix belongs to it. */
export class App {
  readonly name: string
  /** `live-` for the app `live`; empty for `default`, which owns what nobody else claims. */
  readonly prefix: string
  readonly createdAt: Date
  settings: AppSettings

  constructor(name: string, prefix: string, settings: AppSettings, createdAt: Date) {
    this.name = name
    this.prefix = prefix
    this.settings = settings
    this.createdAt = createdAt
  }

  /** The name a room goes by inside this app. */
  localName(room: string): string {
    return room.slice(this.prefix.length)
  }
}
