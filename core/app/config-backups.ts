import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MediaError } from '../kernel/errors.ts'
import { CONFIG_FILE } from './config-file.ts'

/** How many are kept; the oldest go first. */
const MAX_BACKUPS = 20
/** `20260131T235959123Z` */
const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z$/
const PREFIX = `${CONFIG_FILE}.bak.`

export type ConfigBackup = {
  readonly file: string
  /** When it was taken, in UTC, as its file is named. */
  readonly stamp: string
  readonly sizeBytes: number
  readonly createdAt: Date
}

/** Newest first. */
export async function listBackups(folder: string): Promise<ConfigBackup[]> {
  const backups: ConfigBackup[] = []
  for (const file of await backupFiles(folder)) {
    const stamp = file.slice(PREFIX.length)
    const { size } = await stat(join(folder, file))
    backups.push({ file, stamp, sizeBytes: size, createdAt: new Date(stamp.replace(STAMP, '$1-$2-$3T$4:$5:$6.$7Z')) })
  }
  return backups
}

/** @throws {MediaError} `NOT_FOUND`, also for what is no stamp at all: it never becomes a path. */
export async function readBackup(folder: string, stamp: string): Promise<string> {
  const missing = new MediaError('NOT_FOUND', { backup: stamp })
  if (!STAMP.test(stamp)) throw missing
  try {
    return await readFile(join(folder, PREFIX + stamp), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw missing
    throw error
  }
}

/** Keeps a text as the newest backup. */
export async function takeBackup(folder: string, text: string): Promise<void> {
  const [newest] = await backupFiles(folder)
  let at = Date.now()
  // Two in a millisecond, or a clock that was set back, must not replace one or change their order.
  while (newest !== undefined && PREFIX + stampOf(at) <= newest) at = Math.max(at, timeOf(newest)) + 1
  await writeFile(join(folder, PREFIX + stampOf(at)), text, { mode: 0o600, flag: 'wx' })
  for (const file of (await backupFiles(folder)).slice(MAX_BACKUPS)) await rm(join(folder, file), { force: true })
}

export async function removeBackups(folder: string): Promise<void> {
  for (const file of await backupFiles(folder)) await rm(join(folder, file), { force: true })
}

/** Newest first. */
async function backupFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.startsWith(PREFIX) && STAMP.test(file.slice(PREFIX.length)))
    .sort()
    .reverse()
}

const stampOf = (at: number): string => new Date(at).toISOString().replace(/[-:.]/g, '')
const timeOf = (file: string): number => Date.parse(file.slice(PREFIX.length).replace(STAMP, '$1-$2-$3T$4:$5:$6.$7Z'))
