import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { PluginsConfig, PluginUse, ServerSettings } from '../../plugins/kit/define-config.ts'
import { shareModules } from '../../plugins/kit/shared-modules.ts'
import { mistakeIn } from './budget-watch.ts'

/** One line of `plugins.config.ts`, with its module found. */
export type PluginEntry = Omit<PluginUse, 'from'> & { readonly module: string }

/**
 * Reads the list of plugins. None of them is loaded.
 *
 * @param config File URL of `plugins.config.ts`.
 * @throws {MediaError} `CONFIG_INVALID` naming every plugin that can not be found.
 */
export async function loadPluginsConfig(config: string, server: ServerSettings): Promise<PluginEntry[]> {
  // The list itself may lie anywhere, and import `patchbay/kit`.
  shareModules()
  const loaded: { default?: unknown } = await import(config)
  const listed = loaded.default as PluginsConfig | undefined
  const uses = typeof listed === 'function' ? listed(server) : listed
  if (!Array.isArray(uses))
    throw new MediaError('CONFIG_INVALID', { issues: [`${fileURLToPath(config)} exports no list of plugins by default`] })
  return resolvePlugins(uses, config)
}

/** @throws {MediaError} `CONFIG_INVALID` */
export function resolvePlugins(uses: readonly PluginUse[], config: string): PluginEntry[] {
  const issues: string[] = []
  const names = new Set<string>()
  const entries = uses.flatMap(({ from, ...use }) => {
    if (names.has(use.name)) issues.push(`two plugins are called ${use.name}`)
    names.add(use.name)
    const mistake = mistakeIn(use.budget)
    if (mistake !== undefined) issues.push(`plugin ${use.name}: ${mistake}`)
    try {
      return [{ ...use, module: findModule(from, config) }]
    } catch (error) {
      issues.push(`plugin ${use.name}: ${messageOf(error)}`)
      return []
    }
  })
  if (issues.length > 0) throw new MediaError('CONFIG_INVALID', { issues })
  return entries
}

/** A path is relative to the file that names it. A package has its plugin in `plugin.js`, unless the name says where. */
function findModule(from: string, config: string): string {
  if (/^(\.{0,2}\/|file:)/.test(from)) {
    const url = new URL(from, config)
    if (!existsSync(url)) throw new Error(`there is no ${fileURLToPath(url)}`)
    return url.href
  }
  const isWholePackage = from.split('/').length === (from.startsWith('@') ? 2 : 1)
  const specifier = isWholePackage ? `${from}/plugin.js` : from
  return pathToFileURL(createRequire(config).resolve(specifier)).href
}
