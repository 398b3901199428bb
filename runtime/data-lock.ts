import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MediaError, messageOf } from '../core/kernel/errors.ts'

/**
 * Keeps a second server from the same data: each holds in memory what the other would change beneath it.
 * What a killed server left behind does not count, also when its process id was given to somebody else since.
 *
 * @returns Lets it go.
 * @throws {MediaError} `CONFIG_INVALID` when a server that runs has it, or it can not be written to.
 */
export function lockData(dataDir: string): () => void {
  const refuse = (problem: string) =>
    new MediaError('CONFIG_INVALID', { issues: [{ name: 'DATA_DIR', problem: `(${dataDir}) ${problem}` }] })
  const path = join(dataDir, 'server.pid')
  const holder = read(path)
  if (holder !== undefined && holder !== self() && holder === lifeOf(Number(holder.split(' ')[0]))) {
    throw refuse(`is in use by the server with process id ${holder.split(' ')[0]}`)
  }
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 })
    writeFileSync(path, self() ?? '')
  } catch (error) {
    throw refuse(`can not be written to: ${messageOf(error)}`)
  }
  return () => {
    if (read(path) === self()) rmSync(path, { force: true })
  }
}

const self = () => lifeOf(process.pid)

/** A process id and when that process began, in ticks since boot; undefined when it has ended. */
function lifeOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // The name, in brackets, may contain anything; the fields behind it do not.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isDead = fields === undefined || fields[0] === 'Z' || fields[0] === 'X'
  return isDead ? undefined : `${pid} ${fields[19]}`
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
