import { z } from 'zod'
import type { Log } from '../core/kernel/log.ts'
import { PERMISSIONS } from '../core/kernel/permission.ts'
import type { Store } from '../core/store/database.ts'
import { eq } from '../core/store/drizzle.ts'
import { pluginManifests } from '../core/store/tables.ts'
import type { Manifest } from '../plugins/kit/protocol.ts'
import type { Plugin } from './host/plugin.ts'

/** Rows may be of another version of the server. */
const StoredManifest = z.object({
  name: z.string(),
  version: z.string(),
  title: z.string(),
  description: z.string(),
  category: z.enum(['tool', 'processor', 'panel']),
  ui: z.enum(['app-tab', 'panel', 'player-overlay']),
  optional: z.boolean(),
  worksPerApp: z.boolean(),
  beforeAppDeletion: z.boolean().optional(),
  configSchema: z.record(z.string(), z.unknown()),
  appConfigSchema: z.record(z.string(), z.unknown()).optional(),
  sdl: z.string(),
  grants: z.record(z.string(), z.enum(['MANAGE', 'OBSERVE', 'PUBLISH', 'PLAY', 'ANY', ...PERMISSIONS])),
  routes: z.array(z.object({ method: z.string(), path: z.string() })),
  upgrades: z.array(z.string()),
})

/** What plugins contributed when they ran last, kept across starts: whatever is away then is missed as a part of the API, not unknown. */
export class KnownManifests {
  readonly #store: Store
  readonly #log: Log
  readonly #rows: ReadonlyMap<string, typeof pluginManifests.$inferSelect>
  #written: Promise<unknown> = Promise.resolve()

  private constructor(store: Store, log: Log, rows: readonly (typeof pluginManifests.$inferSelect)[]) {
    this.#store = store
    this.#log = log
    this.#rows = new Map(rows.map((row) => [row.name, row]))
  }

  static async load(store: Store, log: Log): Promise<KnownManifests> {
    return new KnownManifests(store, log, await store.select().from(pluginManifests))
  }

  /** What the plugin contributed at an earlier start; nothing when it is another module by now, or can not be read. */
  of({ name, module }: { name: string; module: string }): Manifest | undefined {
    const row = this.#rows.get(name)
    if (row?.module !== module) return undefined
    if (StoredManifest.safeParse(row.manifest).success) return row.manifest as Manifest
    this.#log.warn({ plugin: name }, 'what the plugin contributed to the API at an earlier start can not be read')
    return undefined
  }

  keep({ name, module, manifest }: Plugin): void {
    const row = { module, manifest }
    this.#write(name, () =>
      this.#store
        .insert(pluginManifests)
        .values({ name, ...row })
        .onConflictDoUpdate({ target: pluginManifests.name, set: row }),
    )
  }

  drop({ name }: Plugin): void {
    this.#write(name, () => this.#store.delete(pluginManifests).where(eq(pluginManifests.name, name)))
  }

  /** Resolves when all is written; never rejects. */
  async written(): Promise<void> {
    await this.#written
  }

  /** In order. A plugin runs whether it is remembered or not. */
  #write(plugin: string, write: () => PromiseLike<unknown>): void {
    this.#written = this.#written.then(write).catch((error: unknown) => {
      this.#log.warn({ err: error, plugin }, 'what the plugin contributes to the API could not be kept for the next start')
    })
  }
}
