import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TEMPLATE = join(ROOT, 'plugins/_template')
const BIOME = join(ROOT, 'node_modules/.bin/biome')
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
/** What is no plugin's name, because something else is called so. */
const TAKEN = ['kit', 'core', 'template', 'patchbay', 'graphql', 'pages', 'play']

export class NewPluginError extends Error {}

export type NewPlugin = { name: string; folder: string; files: string[] }

/** @throws {NewPluginError} when nothing can be called so. */
export function checkName(name: string): void {
  if (!NAME.test(name) || name.length > 32) {
    throw new NewPluginError(`"${name}" is no name for a plugin: lower-case letters, digits and single dashes, a letter first, at most 32.`)
  }
  if (TAKEN.includes(name)) throw new NewPluginError(`"${name}" is taken.`)
}

/**
 * Copies the template under another name.
 *
 * @param folder Where to; must not exist.
 * @throws {NewPluginError}
 */
export async function createPlugin(name: string, folder: string): Promise<NewPlugin> {
  checkName(name)
  return write(name, folder, renamed(name))
}

/** The same as an npm package: JavaScript, because Node strips no types inside `node_modules`. */
export async function createPackage(name: string, folder: string): Promise<NewPlugin> {
  checkName(name)
  const files = [...renamed(name)].map(([file, text]): [string, string] => {
    if (!file.endsWith('.ts')) return [file, text]
    return [file.replace(/\.ts$/, '.js'), toJavaScript(text)]
  })
  return write(name, folder, new Map([...files, ['package.json', manifest(name, relative(folder, ROOT), files)]]))
}

/** The template's files by name, in the plugin's words. */
function renamed(name: string): Map<string, string> {
  const files = readdirSync(TEMPLATE, { withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(files.map((file) => [rename(file.name, name), rename(readFileSync(join(TEMPLATE, file.name), 'utf8'), name)]))
}

function rename(text: string, name: string): string {
  const pascal = name.replaceAll(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase())
  const camel = pascal[0]?.toLowerCase() + pascal.slice(1)
  const title = name[0]?.toUpperCase() + name.slice(1).replaceAll('-', ' ')
  return (
    text
      // The plugin is called as its folder is, which the template's own is not.
      .replaceAll(/, \{ name: 'template' \}|name: 'template', (?=options)/g, '')
      .replaceAll('plugins/_template', `plugins/${name}`)
      .replaceAll(/title: 'Template'|^# Template/gm, (match) => match.replace('Template', title))
      .replaceAll('Template', pascal)
      .replaceAll('A small working plugin, made to be copied: it ticks.', `${title}: it ticks, for a start.`)
      // In code a name is one word; in text, paths and strings it has its dashes.
      .replaceAll(/template(?=[A-Z])|(?<=typeof |import type )template/g, camel)
      .replaceAll('template', name)
  )
}

/** Without types, formatted as everything here is. */
function toJavaScript(source: string): string {
  const stripped = stripTypeScriptTypes(source).replaceAll(/(?<=(?:from |resolve\()'\.\/[\w.-]+)\.ts(?=')/g, '.js')
  const before = source.split('\n')
  // A line that was all types leaves none behind.
  const kept = stripped.split('\n').filter((line, index) => line.trim() !== '' || before[index]?.trim() === '')
  return execFileSync(BIOME, ['format', '--stdin-file-path=examples/package.js'], { cwd: ROOT, input: kept.join('\n'), encoding: 'utf8' })
}

function manifest(name: string, patchbay: string, files: readonly [string, string][]): string {
  const modules = files.map(([file]) => file).filter((file) => file.endsWith('.js') && !file.endsWith('.test.js'))
  const peers = { '@pothos/core': '^4.0.0', graphql: '^16.0.0', patchbay: '>=0.1.0' }
  const described = {
    name: `patchbay-${name}`,
    version: '1.0.0',
    description: 'A Patchbay plugin.',
    type: 'module',
    keywords: ['patchbay-plugin'],
    exports: { './plugin.js': './plugin.js', './package.json': './package.json' },
    files: modules,
    scripts: { test: 'node --test' },
    peerDependencies: peers,
    // The server that it runs in has all of them; npm need not fetch any.
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((peer) => [peer, { optional: true }])),
    devDependencies: { patchbay: `file:${patchbay}` },
  }
  return `${JSON.stringify(described, null, 2)}\n`
}

/**
 * Adds a plugin of `plugins/` to the text of a `plugins.config.ts`.
 *
 * @returns Undefined when the list is not found, or has the plugin already.
 */
export function withPlugin(config: string, name: string): string | undefined {
  const from = `./plugins/${name}/plugin.ts`
  const type = name.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())
  const imports = [...config.matchAll(/^import .* from '(.*)'\n/gm)]
  const last = imports.at(-1)
  const listEnd = config.lastIndexOf('\n])')
  if (!last || listEnd < last.index || config.includes(from)) return undefined
  // Among the others by its path, where biome would put it.
  const next = imports.find(([, path = '']) => path.startsWith('./') && path > from)
  const at = next?.index ?? last.index + last[0].length
  const line = `import type ${type} from '${from}'\n`
  return `${config.slice(0, at)}${line}${config.slice(at, listEnd)}\n  use<typeof ${type}>('${from}'),${config.slice(listEnd)}`
}

async function write(name: string, folder: string, files: ReadonlyMap<string, string>): Promise<NewPlugin> {
  if (existsSync(folder)) throw new NewPluginError(`${folder} exists already; nothing was changed.`)
  await mkdir(folder, { recursive: true })
  for (const [file, text] of files) await writeFile(join(folder, file), text, { flag: 'wx' })
  return { name, folder, files: [...files.keys()] }
}
