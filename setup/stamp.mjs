import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentHash } from './cache.mjs'
import { binaries, binDir, projectNode, root } from './places.mjs'
import { distribution } from './platform.mjs'

const path = join(root, 'node_modules/.patchbay-set-up')

/** @typedef {{ withTests: boolean, systemPackages: boolean }} Options */

/**
 * Whether an earlier run has left everything in place, for the present state of the repository.
 *
 * @param {Options} options
 */
export function isSetUp(options) {
  const present = [path, projectNode, join(root, 'node_modules/.package-lock.json'), ...binaries.map((name) => join(binDir, name))]
  if (!present.every((file) => existsSync(file))) return false
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines[0] === fingerprint() && (!options.withTests || lines[1] === 'with tests')
}

/** @param {Options} options */
export function stampSetUp({ withTests }) {
  writeFileSync(path, `${fingerprint()}\n${withTests ? 'with tests' : 'without tests'}\n`)
}

function fingerprint() {
  const inputs = ['package-lock.json', 'setup', 'native/mediasoup-worker', 'native/addon'].map((name) => join(root, name))
  return contentHash(inputs, [distribution(), process.arch])
}
