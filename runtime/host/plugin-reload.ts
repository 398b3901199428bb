import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Log } from '../../core/kernel/log.ts'
import { watchFolder } from './folder-watch.ts'
import type { Plugin } from './plugin.ts'
import type { PluginHost } from './plugin-host.ts'

/**
 * Starts a plugin again whenever a file in its folder changes, and touches nothing else: other plugins, rooms and what plays go on.
 * A new thread loads every module anew. One that can not start is parked until the next change.
 *
 * @returns Stops watching. It ends with the host's process otherwise.
 */
export function reloadOnChange(host: PluginHost, log: Log): () => void {
  const stops = [...host].map((plugin) => {
    const folder = dirname(fileURLToPath(plugin.module))
    const changed = (files: readonly string[]) => {
      const names = files.map((file) => relative(folder, file))
      reload(plugin, names, log).catch((error: unknown) => log.error({ err: error, plugin: plugin.name }, 'a reload failed'))
    }
    return watchFolder(folder, changed, (error) => log.warn({ err: error, folder }, 'a plugin is not watched any more'))
  })
  return () => {
    for (const stop of stops) stop()
  }
}

async function reload(plugin: Plugin, files: readonly string[], log: Log): Promise<void> {
  if (plugin.state === 'DISABLED') return
  const startedAt = performance.now()
  await plugin.restart({ retry: false })
  const tookMs = Math.round(performance.now() - startedAt)
  if (plugin.state === 'RUNNING') return log.info({ plugin: plugin.name, files, tookMs }, 'the plugin was reloaded')
  log.error({ plugin: plugin.name, files, reason: plugin.lastError }, 'the plugin can not be loaded; it stays away until its next change')
}
