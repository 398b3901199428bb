import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@libsql/client'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import * as tables from './app-tables.ts'
import { drizzle, migrate } from './drizzle.ts'

export type AppStore = LibSQLDatabase<typeof tables> & { close(): void }

/** Milliseconds to wait for a plugin thread's transaction. */
const BUSY_TIMEOUT_MS = 5_000

/** Where an app's database is. */
function appDatabaseUrl(folder: string): string {
  return `file:${join(folder, 'app.db')}`
}

/** Opens an app's own database and brings its tables up to date. */
export async function openAppStore(folder: string): Promise<AppStore> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const client = createClient({ url: appDatabaseUrl(folder), timeout: BUSY_TIMEOUT_MS })
  await client.execute('PRAGMA journal_mode=WAL')
  const database = drizzle({ client, schema: tables })
  await migrate(database, { migrationsFolder: fileURLToPath(new URL('./app-migrations', import.meta.url)) })
  return Object.assign(database, { close: () => client.close() })
}
