import { spawnSync } from 'node:child_process'
import { SetupError, say } from './report.mjs'
import { run } from './run.mjs'

/** What compiles the media worker; first, so that compiling can begin while the rest is still being installed. */
export const compilers = [
  'g++',
  'cmake',
  'ninja-build',
  'pkg-config',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'flatbuffers-compiler',
  'libflatbuffers-dev',
]

/** What pipelines and engines run on. */
export const media = [
  'libgstreamer1.0-dev',
  'libgstreamer-plugins-base1.0-dev',
  'gstreamer1.0-tools',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-ugly',
  'gstreamer1.0-libav',
  'gstreamer1.0-x',
  'ffmpeg',
  'fonts-dejavu-core',
  'libpocketsphinx3',
  'pocketsphinx-en-us',
]

/** The far side in tests: encoders, browsers, a speaker. */
export const testing = ['chromium', 'firefox-esr', 'flite']

/**
 * Installs those of the packages that are missing.
 *
 * @param {string} name What the step is called in logs.
 * @param {string[]} packages
 * @throws {SetupError} when there is no way to install them; it names the command to run by hand.
 */
export async function installPackages(name, packages) {
  const missing = missingPackages(packages)
  if (missing.length === 0) return
  const byHand = `apt-get install --no-install-recommends ${missing.join(' ')}`
  const root = asRoot(byHand)
  say(`  installing ${missing.join(' ')}`)
  const apt = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300']
  try {
    await updateOnce(apt)
    await run(name, apt[0] ?? '', [...apt.slice(1), 'install', '--no-install-recommends', ...missing])
  } catch (error) {
    throw new SetupError(
      `Could not install system packages. By hand, as root: ${byHand}\n${error instanceof Error ? error.message : error}`,
    )
  }
}

/** @type {Promise<unknown> | undefined} */
let updated

/**
 * One unreachable source of several fails the update, and yet everything that is needed may be known: the installation will tell.
 *
 * @param {string[]} apt
 */
function updateOnce(apt) {
  updated ??= run('apt-update', apt[0] ?? '', [...apt.slice(1), 'update']).catch(() => say('  apt-get update had errors; going on'))
  return updated
}

/** @param {string[]} packages */
function missingPackages(packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these placeholders are dpkg-query's own
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], { encoding: 'utf8' })
  if (query.error) {
    throw new SetupError(
      `This system has no dpkg and apt-get. Install what these Debian packages hold, then use --no-system-packages:\n${packages.join(' ')}`,
    )
  }
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  )
  return packages.filter((name) => !installed.has(name))
}

/**
 * @param {string} byHand
 * @returns {string[]} What a command is prefixed with to run as root.
 */
function asRoot(byHand) {
  if (process.getuid?.() === 0) return []
  const quiet = spawnSync('sudo', ['-n', 'true'])
  if (quiet.status === 0) return ['sudo', '-n']
  if (!quiet.error && process.stdin.isTTY) return ['sudo']
  throw new SetupError(`System packages are missing and this is neither root nor somebody with sudo. Ask an administrator for: ${byHand}`)
}
