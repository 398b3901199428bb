import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { Lifetime } from '../../core/kernel/lifetime.ts'
import type { CoreApi } from './core-api.ts'
import type { PluginDatabase, PluginEvents } from './host.ts'
import type { Remote } from './rpc.ts'

/** As CommonJS, for the reason that `tables.ts` gives. */
const require = createRequire(import.meta.url)

/** Milliseconds to wait for another thread's transaction: shorter than a plugin may be silent, because the thread stands still meanwhile. */
const BUSY_TIMEOUT_MS = 1_000

type Ground = { plugin: string; registryUrl: string; core: Pick<Remote<CoreApi>, 'apps'>; events: PluginEvents; lifetime: Lifetime }

/** The registry database and those of apps, each opened in the plugin's thread when it is asked for. */
export function threadDatabase({ plugin, registryUrl, core, events, lifetime }: Ground): PluginDatabase {
  return {
    async open<Tables extends Record<string, unknown>>(
      options: { tables?: Tables; migrationsFolder?: string | URL; app?: string } = {},
    ): Promise<LibSQLDatabase<Tables>> {
      const { createClient } = await import('@libsql/client')
      const { drizzle } = require('drizzle-orm/libsql') as typeof import('drizzle-orm/libsql')
      const url = options.app === undefined ? registryUrl : `file:${join((await core.apps.get(options.app)).folder, 'app.db')}`
      const client = createClient({ url, timeout: BUSY_TIMEOUT_MS })
      lifetime.add('database', () => client.close())
      if (options.app !== undefined) {
        events.on('app.changed', ({ app, change }) => {
          if (change === 'DELETED' && app.name === options.app) client.close()
        })
      }
      if (url.startsWith('file:')) await client.execute('PRAGMA journal_mode = WAL')

      const db: LibSQLDatabase<Tables> = drizzle(client, options.tables ? { schema: options.tables } : {})
      if (options.migrationsFolder) {
        const { migrate } = require('drizzle-orm/libsql/migrator') as typeof import('drizzle-orm/libsql/migrator')
        const folder = options.migrationsFolder
        const migrationsFolder = folder instanceof URL || folder.startsWith('file:') ? fileURLToPath(folder) : folder
        // Each plugin counts its own migrations: drizzle only compares the time of the last one in its table.
        await migrate(db, { migrationsFolder, migrationsTable: `__migrations_${plugin.replaceAll(/\W/g, '_')}` })
      }
      return db
    },
  }
}
