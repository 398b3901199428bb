import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MediaError } from '../../core/kernel/errors.ts'
import type { AppInfo } from '../kit/core-api.ts'

const FOLDER = 'snapshots'
/** `yard-20261121T150329123Z-<22 characters that nobody guesses>.jpg` */
const NAME = /^[A-Za-z0-9._-]{1,100}-\d{8}T\d{9}Z-[A-Za-z0-9_-]{22}\.jpg$/

/** A name of a new picture: says of what and when to those who have it, and can't be guessed by others. */
export function newName(of: string): string {
  const slug = of.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100)
  const at = new Date().toISOString().replace(/[-:.]/g, '')
  return `${slug}-${at}-${randomBytes(16).toString('base64url')}.jpg`
}

export async function writePicture({ folder }: Pick<AppInfo, 'folder'>, name: string, jpeg: Buffer): Promise<void> {
  const path = pathOf(folder, name)
  await mkdir(join(folder, FOLDER), { recursive: true, mode: 0o750 })
  await writeFile(`${path}.new`, jpeg, { mode: 0o640 })
  await rename(`${path}.new`, path)
}

/** @throws {MediaError} `NOT_FOUND`, also for what is no name of a picture. */
export async function readPicture({ folder }: Pick<AppInfo, 'folder'>, name: string): Promise<Buffer> {
  try {
    return await readFile(pathOf(folder, name))
  } catch (error) {
    if (error instanceof MediaError) throw error
    throw new MediaError('NOT_FOUND', { file: name })
  }
}

/** Removes pictures that were taken longer ago; what is not ours stays. @returns How many. */
export async function removeOld({ folder }: Pick<AppInfo, 'folder'>, maxAgeMs: number, now = Date.now()): Promise<number> {
  const names = await readdir(join(folder, FOLDER)).catch(() => [])
  let removed = 0
  for (const name of names.filter((one) => NAME.test(one.replace(/\.new$/, '')))) {
    const path = join(folder, FOLDER, name)
    const { mtimeMs = now } = (await stat(path).catch(() => undefined)) ?? {}
    if (now - mtimeMs < maxAgeMs) continue
    await rm(path, { force: true })
    removed++
  }
  return removed
}

function pathOf(folder: string, name: string): string {
  if (!NAME.test(name)) throw new MediaError('NOT_FOUND', { file: name })
  return join(folder, FOLDER, name)
}
