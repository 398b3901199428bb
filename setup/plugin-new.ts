/**
 * `npm run plugin:new onvif` makes a plugin of the template in `plugins/onvif` and lists it in `plugins.config.ts`.
 * `npm run plugin:new -- onvif --package [folder]` makes an npm package instead, by default in `../patchbay-onvif`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createPackage, createPlugin, type NewPlugin, NewPluginError, withPlugin } from './new-plugin.ts'

const USAGE = 'Usage: npm run plugin:new <name>\n       npm run plugin:new -- <name> --package [folder]'
const root = fileURLToPath(new URL('..', import.meta.url))

/** npm takes a `--package` that stands before its `--` for one of its own options. */
const isPackage = () => values.package || process.env.npm_config_package !== undefined

async function newPlugin(name: string): Promise<void> {
  const made = await createPlugin(name, join(root, 'plugins', name))
  const list = join(root, 'plugins.config.ts')
  const listed = withPlugin(await readFile(list, 'utf8'), name)
  if (listed !== undefined) await writeFile(list, listed)
  tell(made, [
    listed === undefined ? `add to plugins.config.ts:  use('./plugins/${name}/plugin.ts'),` : 'plugins.config.ts lists it',
    `npm test -- plugins/${name}`,
    'npm run dev, then change a file in it: it is reloaded when you save',
    'plugins/README.md is the guide',
  ])
}

async function newPackage(name: string, folder: string): Promise<void> {
  const made = await createPackage(name, folder)
  tell(made, [
    `cd ${made.folder} && npm install && npm test`,
    `try it: add to plugins.config.ts  use('${relative(root, made.folder)}/plugin.js', {}, { name: '${name}' }),`,
    'npm publish, and install it by its name where a server runs; plugins/README.md says how',
  ])
}

function tell({ name, folder, files }: NewPlugin, next: string[]): void {
  console.log(`The plugin ${name} is in ${relative(process.cwd(), folder) || '.'}: ${files.join(', ')}.\n`)
  for (const line of next) console.log(`  - ${line}`)
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { package: { type: 'boolean', default: false } } })
const [name, folder] = positionals
if (name === undefined || positionals.length > 2) {
  console.error(USAGE)
  process.exit(1)
}
try {
  // npm runs scripts in the folder of its package; a path is meant from where the author is.
  const from = process.env.INIT_CWD ?? process.cwd()
  if (isPackage()) await newPackage(name, folder === undefined ? join(root, '..', `patchbay-${name}`) : resolve(from, folder))
  else await newPlugin(name)
} catch (error) {
  if (!(error instanceof NewPluginError)) throw error
  console.error(error.message)
  process.exit(1)
}
