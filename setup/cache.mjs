import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { binDir, cacheDir, root } from './places.mjs'
import { distribution } from './platform.mjs'
import { SetupError, say } from './report.mjs'

/**
 * A binary, how it is made, and how one knows that it works here.
 *
 * @typedef {object} Recipe
 * @property {string} name
 * @property {string} version
 * @property {string} binary The file's name, in the cache and in `native/bin`.
 * @property {string[]} inputs Files and folders whose contents decide what is built.
 * @property {string[]} [toolchain] Versions of what it is built against.
 * @property {(folder: string) => Promise<void>} build Leaves the binary in the folder.
 * @property {(path: string) => Promise<void>} verify Throws when it does not work on this machine.
 */

/**
 * Puts a working binary into `native/bin`: the cached one where it still works, else a new one.
 *
 * @param {Recipe} recipe
 */
export async function provide(recipe) {
  const { name, version, binary, build, verify } = recipe
  const entry = join(cacheDir, `${name}-${version}-${process.platform}-${process.arch}-${keyOf(recipe)}`)
  if (existsSync(join(entry, binary))) {
    try {
      await verify(join(entry, binary))
      say(`  ${name} comes from ${entry}`)
      return place(entry, binary)
    } catch {
      say(`  the cached ${name} does not work here any more`)
    }
  }
  mkdirSync(cacheDir, { recursive: true })
  const temporary = mkdtempSync(join(cacheDir, `.${name}-`))
  const remove = () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', remove)
  try {
    await build(temporary)
    await verify(join(temporary, binary))
    keep(temporary, binary, entry)
  } finally {
    process.off('exit', remove)
    remove()
  }
  place(entry, binary)
}

/**
 * @param {Recipe} recipe
 */
function keyOf({ inputs, toolchain = [] }) {
  return contentHash(inputs, [distribution(), ...toolchain]).slice(0, 10)
}

/**
 * @param {string[]} paths Files and folders of the repository.
 * @param {string[]} more What else decides.
 */
export function contentHash(paths, more = []) {
  const hash = createHash('sha256')
  for (const text of more) hash.update(`${text}\0`)
  for (const path of paths.flatMap(filesIn)) hash.update(`${relative(root, path)}\0`).update(readFileSync(path))
  return hash.digest('hex')
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)))
}

/**
 * Renaming makes an entry whole or absent, whoever else is building the same.
 *
 * @param {string} temporary
 * @param {string} binary
 * @param {string} entry
 */
function keep(temporary, binary, entry) {
  mkdirSync(entry, { recursive: true })
  const source = join(temporary, binary)
  if (!existsSync(source)) throw new SetupError(`the build left no ${binary}`)
  chmodSync(source, 0o755)
  renameSync(source, join(entry, binary))
}

/**
 * Copies, so that neither an emptied cache nor a new build disturbs a running server.
 *
 * @param {string} entry
 * @param {string} binary
 */
function place(entry, binary) {
  const target = join(binDir, binary)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(join(entry, binary), `${target}.${process.pid}`)
  renameSync(`${target}.${process.pid}`, target)
}
