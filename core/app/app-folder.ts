import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeBackups } from './config-backups.ts'
import { CONFIG_FILE } from './config-file.ts'

/** What every app's folder holds from its first day. */
const SUBFOLDERS = ['recordings', 'snapshots', 'samples']
/** Stands in what is left of an app, and names whose recordings these are. */
const FORMER_TENANT = 'former-tenant'

/**
 * Makes the folder of a new app. What an app of that name left behind comes back to its own tenant; from anybody else, and from whoever put
 * it there by hand, it is moved out of the way.
 */
export async function makeAppFolder(folder: string, tenant: string): Promise<void> {
  if (await exists(folder)) {
    if ((await formerTenant(folder)) === tenant) await rm(join(folder, FORMER_TENANT))
    else await rename(folder, `${folder}.kept-${new Date().toISOString().replace(/[-:.]/g, '')}`)
  }
  await completeAppFolder(folder)
}

export async function completeAppFolder(folder: string): Promise<void> {
  for (const sub of SUBFOLDERS) await mkdir(join(folder, sub), { recursive: true, mode: 0o750 })
}

/** Leaves nothing of an app but its recordings, their pictures and its database. */
export async function leaveRecordings(folder: string, tenant: string): Promise<void> {
  await writeFile(join(folder, FORMER_TENANT), tenant, { mode: 0o600 })
  await removeBackups(folder)
  for (const gone of [CONFIG_FILE, `${CONFIG_FILE}.new`, 'samples']) await rm(join(folder, gone), { recursive: true, force: true })
}

export async function removeAppFolder(folder: string): Promise<void> {
  // Whoever still writes into it has a moment to notice.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

async function formerTenant(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, FORMER_TENANT), 'utf8')
  } catch {
    return undefined
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
