import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppStore } from '../store/app-database.ts'
import { sql } from '../store/drizzle.ts'
import type { App } from './app.ts'

/** How much room an app takes on this server and in its bucket. */
export type AppSizes = {
  readonly databaseBytes: number
  readonly recordingsBytes: number
  readonly recordings: number
}

/** By the app's own list of recordings; without one, by what lies in its folder. */
export async function appSizes(app: App): Promise<AppSizes> {
  const store = await app.store()
  const files = ['app.db', 'app.db-wal'].map((file) => sizeOf(join(app.folder, file)))
  const databaseBytes = (await Promise.all(files)).reduce((sum, bytes) => sum + bytes, 0)
  const { bytes, count } = (await listed(store)) ?? (await lying(join(app.folder, app.config.recording.localDir)))
  return { databaseBytes, recordingsBytes: bytes, recordings: count }
}

type Total = { bytes: number; count: number }

/** The recorder's table, if it has made one. */
async function listed(store: AppStore): Promise<Total | undefined> {
  const columns = await store.all<{ name: string }>(sql`SELECT name FROM pragma_table_info('recordings') WHERE name = 'size_bytes'`)
  if (columns.length === 0) return undefined
  const [total] = await store.all<Total>(sql`SELECT coalesce(sum(size_bytes), 0) AS bytes, count(*) AS count FROM recordings`)
  return total
}

async function lying(folder: string): Promise<Total> {
  const total = { bytes: 0, count: 0 }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    total.bytes += await sizeOf(join(entry.parentPath, entry.name))
    total.count++
  }
  return total
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
