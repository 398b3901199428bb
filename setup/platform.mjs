import { readFileSync } from 'node:fs'
import { SetupError } from './report.mjs'

/**
 * The distribution that decides which system libraries a build links against.
 *
 * @returns {string} Such as `debian-12`.
 */
export function distribution() {
  try {
    const text = readFileSync('/etc/os-release', 'utf8')
    return ['ID', 'VERSION_ID'].map((key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? 'unknown').join('-')
  } catch {
    return 'unknown'
  }
}

/** @throws {SetupError} where Patchbay can not run at all. */
export function checkPlatform() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20) throw new SetupError(`Node ${process.versions.node} is too old to set Patchbay up: use Node 20 or newer.`)
  if (process.platform !== 'linux')
    throw new SetupError(`Patchbay runs on Linux, not on ${process.platform}: use a Debian 12 container or VM.`)
  if (process.arch !== 'x64' && process.arch !== 'arm64') throw new SetupError(`Patchbay runs on x64 and arm64, not on ${process.arch}.`)
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  if (!header.glibcVersionRuntime) throw new SetupError('Patchbay needs glibc (Debian, Ubuntu …); this system has another C library.')
}
