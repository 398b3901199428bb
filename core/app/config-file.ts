import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MediaError } from '../kernel/errors.ts'

export const CONFIG_FILE = 'config.yaml'

/** @returns Nothing where there is no such file. */
export async function readConfigText(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, CONFIG_FILE), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ''
    throw new MediaError('APP_CONFIG_INVALID', { field: CONFIG_FILE, reason: code ?? message })
  }
}

/** Replaces the file whole, so that a crash leaves the old one or the new one. Only the server's user may read it. */
export async function writeConfigText(folder: string, text: string): Promise<void> {
  const path = join(folder, CONFIG_FILE)
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}
