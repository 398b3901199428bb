import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { AppInfo } from '../kit/core-api.ts'

/** The folder of an app's recordings. What the configuration names is never outside of the app's own folder. */
export function recordingsFolder({ folder, config }: AppInfo): string {
  const wanted = resolve(folder, config.recording.localDir)
  const within = relative(folder, wanted)
  const isInside = within !== '' && within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within)
  return isInside ? wanted : join(folder, 'recordings')
}

export async function ensureFolder(app: AppInfo): Promise<string> {
  const folder = recordingsFolder(app)
  await mkdir(folder, { recursive: true, mode: 0o750 })
  return folder
}

/** The name of a file that begins now: of harmless characters, whatever the room and the identity are called. */
export function fileName(stream: string, at: Date, part: number | undefined): string {
  const slug =
    stream
      .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 80) || 'recording'
  return `${slug}-${at.getTime()}${part === undefined ? '' : `-p${String(part).padStart(3, '0')}`}`
}

/** Bytes of a file; 0 when there is none. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

/**
 * Deletes what is here of a recording: its file, what it was written in, and its pictures.
 *
 * @param segments Files it was written in, relative to the app's folder of recordings.
 * @returns Whether its file was here.
 */
export async function eraseFiles(
  app: AppInfo,
  { file, name }: { file: string | null; name: string },
  segments: readonly string[],
): Promise<boolean> {
  const folder = recordingsFolder(app)
  const wasHere = file !== null && (await sizeOf(join(folder, file))) > 0
  for (const one of [...segments, ...(file === null ? [] : [file])]) await rm(join(folder, one), { force: true })
  const snapshots = join(app.folder, 'snapshots')
  for (const picture of await readdir(snapshots).catch(() => [])) {
    if (picture === `${name}.jpg` || picture.startsWith(`${name}-`)) await rm(join(snapshots, picture), { force: true })
  }
  return wasHere
}
