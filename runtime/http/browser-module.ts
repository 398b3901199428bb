import { readFile } from 'node:fs/promises'
import { createRequire, findPackageJSON } from 'node:module'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

type Manifest = { name: string; version: string; license?: string; browser?: string }

/**
 * An npm package as one ES module that browsers load as it is.
 *
 * mediasoup-client and all that it needs are published as CommonJS, which no browser reads. An import map can't help with that, and a
 * bundler would be a build step. So the few files that its entry reaches are sent as they are, each wrapped in a function, with a
 * `require` that knows them by number. They are trusted code of ours, so a pattern is enough to find what they require.
 *
 * @param names What the module exports.
 */
export async function browserModule(packageName: string, names: readonly string[]): Promise<string> {
  const files: string[] = []
  const bodies: string[] = []
  const licences = new Set<string>()

  const add = async (file: string): Promise<number> => {
    const known = files.indexOf(file)
    if (known >= 0) return known
    const index = files.push(file) - 1
    const source = await readFile(file, 'utf8')
    const required: Record<string, number> = {}
    for (const [, specifier = ''] of source.matchAll(/\brequire\(["']([^"']+)["']\)/g)) {
      required[specifier] = await add(await fileOf(specifier, file, licences))
    }
    bodies[index] =
      `[${JSON.stringify(required)}, function (module, exports, require) {\n${source.replace(/\n?\/\/# sourceMappingURL=.*/g, '')}\n}]`
    return index
  }

  await add(await fileOf(packageName, import.meta.filename, licences))
  return `/*! ${[...licences].join(', ')} */
const files = [${bodies.join(',\n')}]
const loaded = []
function load(index) {
  if (loaded[index]) return loaded[index].exports
  const module = (loaded[index] = { exports: {} })
  const [required, run] = files[index]
  run.call(module.exports, module, module.exports, (specifier) => load(required[specifier]))
  return module.exports
}
export const { ${names.join(', ')} } = load(0)
`
}

/** Where a file's `require` leads in a browser. */
async function fileOf(specifier: string, from: string, licences: Set<string>): Promise<string> {
  const file = createRequire(from).resolve(specifier)
  if (specifier.startsWith('.')) return file
  const manifestPath = findPackageJSON(specifier, pathToFileURL(from))
  if (manifestPath === undefined) throw new Error(`${specifier} is not for browsers`)
  const { name, version, license, browser } = JSON.parse(await readFile(manifestPath, 'utf8')) as Manifest
  licences.add(`${name} ${version} (${license})`)
  return typeof browser === 'string' ? resolve(dirname(manifestPath), browser) : file
}
