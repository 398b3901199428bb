import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppStore } from '../store/app-database.ts'
import { sql } from '../store/drizzle.ts'
import type { App } from './app.ts'

/** Files of these kinds are recordings; playlists and pictures lie beside them. */
const RECORDING = /\.(mp4|webm|mkv|ogg|opus|m4a|mp3|ts)$/i

/** How much room an app takes on this server and in its bucket. */
export type AppSizes = {
  readonly databaseBytes: number
  readonly recordingsBytes: number
  readonly recordings: number
  /** How many of them there are in each state. */
  readonly recordingStates: Partial<Readonly<Record<RecordingState, number>>>
}

type RecordingState = 'RECORDING' | 'UPLOADING' | 'READY' | 'FAILED'

/** By the app's own list of recordings; without one, by what lies in its folder. */
export async function appSizes(app: App): Promise<AppSizes> {
  const store = await app.store()
  const files = ['app.db', 'app.db-wal'].map((file) => sizeOf(join(app.folder, file)))
  const databaseBytes = (await Promise.all(files)).reduce((sum, bytes) => sum + bytes, 0)
  const { bytes, count, states } = (await listed(store)) ?? (await lying(join(app.folder, app.config.recording.localDir)))
  return { databaseBytes, recordingsBytes: bytes, recordings: count, recordingStates: states }
}

type Total = { bytes: number; count: number; states: AppSizes['recordingStates'] }

/** The recorder's table, if it has made one. */
async function listed(store: AppStore): Promise<Total | undefined> {
  const columns = await store.all<{ name: string }>(sql`SELECT name FROM pragma_table_info('recordings') WHERE name = 'size_bytes'`)
  if (columns.length === 0) return undefined
  const totals = await store.all<{ state: RecordingState; bytes: number; count: number }>(
    sql`SELECT state, coalesce(sum(size_bytes), 0) AS bytes, count(*) AS count FROM recordings GROUP BY state`,
  )
  return {
    bytes: totals.reduce((sum, { bytes }) => sum + bytes, 0),
    count: totals.reduce((sum, { count }) => sum + count, 0),
    states: Object.fromEntries(totals.map(({ state, count }) => [state, count])),
  }
}

async function lying(folder: string): Promise<Total> {
  let bytes = 0
  let count = 0
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    bytes += await sizeOf(join(entry.parentPath, entry.name))
    if (RECORDING.test(entry.name)) count++
  }
  return { bytes, count, states: { READY: count } }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
