import { lstat, mkdir, readlink, rmdir, symlink } from 'node:fs/promises'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { AppInfo } from '../../kit/core-api.ts'
import { recordingsFolder } from '../files.ts'

/**
 * Has the recordings of an app lie in a folder elsewhere.
 *
 * @throws {MediaError} `CONFLICT` when there are recordings in its own folder already.
 */
export async function keepElsewhere(app: AppInfo, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const own = recordingsFolder(app)
  const known = await lstat(own).catch(() => undefined)
  if (known?.isSymbolicLink() && (await readlink(own)) === folder) return
  if (known?.isDirectory())
    await rmdir(own).catch(() => {
      throw new MediaError('CONFLICT', {
        folder: own,
        reason: `it holds recordings, so that those in ${folder} can not stand in its place`,
      })
    })
  await symlink(folder, own)
}
