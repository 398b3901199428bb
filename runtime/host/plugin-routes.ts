import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import { PathRouter } from '../../plugins/kit/path-router.ts'
import type { Plugin } from './plugin.ts'

/** Which plugin a request or an upgrade is for, by its path alone: which methods it has is the plugin's to say. */
export class PluginRoutes {
  readonly refused = new Map<Plugin, MediaError>()
  readonly #requests = new PathRouter<Plugin>()
  readonly #upgrades = new PathRouter<Plugin>()

  /** Of two plugins with the same path the first has it, and the other is refused. */
  constructor(plugins: Iterable<Plugin>) {
    const owners = new Map<string, Plugin>()
    for (const plugin of plugins) {
      const { routes = [], upgrades = [] } = plugin.manifest ?? {}
      const paths = new Set(routes.map((route) => route.path))
      const taken = [...paths, ...upgrades].find((path) => (owners.get(shapeOf(path)) ?? plugin) !== plugin)
      if (taken !== undefined) {
        const owner = owners.get(shapeOf(taken))?.name
        this.refused.set(plugin, new MediaError('CONFLICT', { plugin: plugin.name, path: taken, owner }))
        continue
      }
      try {
        for (const path of paths) this.#requests.add(path, plugin)
        for (const path of upgrades) this.#upgrades.add(path, plugin)
      } catch (error) {
        this.refused.set(plugin, new MediaError('CONFLICT', { plugin: plugin.name, reason: messageOf(error) }))
        continue
      }
      for (const path of [...paths, ...upgrades]) owners.set(shapeOf(path), plugin)
    }
  }

  request(url: string): Plugin | undefined {
    return this.#requests.find(url)?.value
  }

  upgrade(url: string): Plugin | undefined {
    return this.#upgrades.find(url)?.value
  }
}

/** Patterns that differ only in the names of their parts match the same paths. */
function shapeOf(path: string): string {
  return path.replaceAll(/:\w+/g, ':')
}
