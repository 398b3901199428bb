import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './places.mjs'
import { run } from './run.mjs'

/** @typedef {{ version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} LockedPackage */

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/**
 * The version that `package-lock.json` pins.
 *
 * @param {string} name
 */
export function lockedVersion(name) {
  return lockedPackages(join(root, 'package-lock.json'))[`node_modules/${name}`]?.version ?? 'unlocked'
}

/** Whether `node_modules` holds what `package-lock.json` asks for, by npm's own record of what it installed. */
export function npmPackagesInstalled() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = lockedPackages(record)
  return Object.entries(lockedPackages(join(root, 'package-lock.json'))).every(([path, { version, optional, devOptional }]) => {
    const present = installed[path]
    return path === '' || (present ? present.version === version : optional === true || devOptional === true)
  })
}

/**
 * Installs what `package-lock.json` pins, with the npm that started us. No package's install script runs: what must be built, this set-up builds.
 */
export async function installNpmPackages() {
  // Not `npm ci`: it refuses a lock file that lacks packages of platforms Patchbay does not run on, and it would empty the folder that a running
  // server loads from. `--no-save` leaves the lock file as it is.
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--prefer-offline',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ]
  const npm = process.env.npm_execpath
  if (npm?.endsWith('npm-cli.js')) await run('npm', process.env.npm_node_execpath ?? process.execPath, [npm, ...args], { cwd: root })
  else await run('npm', 'npm', args, { cwd: root })
}
