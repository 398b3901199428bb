import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files of these kinds are recordings; playlists, parts of them and pictures lie beside them. */
const RECORDING = /\.(mp4|webm|mkv|ogg|opus|m4a|mp3|ts)$/i

/** Size of a file in bytes; 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** Size of a database and of what is not yet worked into it. */
export async function databaseSize(path: string): Promise<number> {
  const [database, log] = await Promise.all([sizeOf(path), sizeOf(`${path}-wal`)])
  return database + log
}

/** How many recordings lie in a folder, and what everything in it takes. */
export async function recordingsIn(folder: string): Promise<{ count: number; totalBytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map(({ parentPath, name }) => sizeOf(join(parentPath, name))))
  return {
    count: files.filter(({ name }) => RECORDING.test(name)).length,
    totalBytes: sizes.reduce((sum, size) => sum + size, 0),
  }
}
