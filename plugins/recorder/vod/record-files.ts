import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { AppInfo } from '../../kit/core-api.ts'
import { recordingsFolder } from '../files.ts'

export type RecordFile = { readonly name: string; readonly sizeBytes: number; readonly modifiedAt: Date }

const KNOWN: ReadonlySet<string> = new Set(['.ivf', '.ogg', '.mp4', '.webm', '.mkv'])
/** What is being written, and becomes a part of another file. */
const PIECE = /\.s\d{3}\.mkv$/

/** Whatever media lies directly in the folder of an app's recordings, made here or not. The last written comes first. */
export async function recordFiles(app: AppInfo): Promise<RecordFile[]> {
  const folder = recordingsFolder(app)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files = await Promise.all(names.filter(isRecord).map((name) => describe(folder, name)))
  return files.filter((file) => file !== undefined).toSorted(byTime)
}

export function isRecord(name: string): boolean {
  return KNOWN.has(extname(name).toLowerCase()) && !PIECE.test(name) && !/[/\\\0]/.test(name)
}

export async function hasRecord(app: AppInfo, name: string): Promise<boolean> {
  return isRecord(name) && (await describe(recordingsFolder(app), name)) !== undefined
}

async function describe(folder: string, name: string): Promise<RecordFile | undefined> {
  const found = await stat(join(folder, name)).catch(() => undefined)
  return found?.isFile() ? { name, sizeBytes: found.size, modifiedAt: found.mtime } : undefined
}

/** By whole seconds, as they are told; then by name. */
function byTime(a: RecordFile, b: RecordFile): number {
  const later = Math.floor(b.modifiedAt.getTime() / 1_000) - Math.floor(a.modifiedAt.getTime() / 1_000)
  return later || (a.name < b.name ? -1 : 1)
}
