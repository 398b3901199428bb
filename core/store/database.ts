import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@libsql/client'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import { isSystemError, MediaError } from '../kernel/errors.ts'
import { drizzle, migrate } from './drizzle.ts'
import * as tables from './tables.ts'

export type Store = LibSQLDatabase<typeof tables> & { close(): void }

export type StoreOptions = {
  dataDir: string
  /** `libsql://…` or `file:…`; absent: `patchbay.db` in the data folder. */
  url?: string
}

/** Where the registry is, unless an operator says otherwise. */
export function registryUrl(dataDir: string): string {
  return `file:${join(dataDir, 'patchbay.db')}`
}

/**
 * Opens the registry and brings its tables up to date.
 *
 * @throws {MediaError} `CONFIG_INVALID` when the disk, or what is on it, does not let it.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  try {
    return await open(options)
  } catch (error) {
    const cause = [error, (error as { cause?: unknown }).cause].find(isSystemError)
    if (!cause) throw error
    const place = options.url === undefined ? { name: 'DATA_DIR', at: ` (${options.dataDir})` } : { name: 'DATABASE_URL', at: '' }
    throw new MediaError('CONFIG_INVALID', { issues: [{ name: place.name, problem: `can not be used${place.at}: ${cause.message}` }] })
  }
}

async function open({ dataDir, url }: StoreOptions): Promise<Store> {
  await mkdir(dataDir, { recursive: true, mode: 0o750 })
  const client = createClient({ url: url ?? registryUrl(dataDir) })
  if (client.protocol === 'file') {
    // Plugin threads open the same file: without these two they would meet SQLITE_BUSY.
    await client.execute('PRAGMA journal_mode=WAL')
    await client.execute('PRAGMA busy_timeout=5000')
  }
  const database = drizzle({ client, schema: tables })
  await migrate(database, { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) })
  return Object.assign(database, { close: () => client.close() })
}
