import { createRequire } from 'node:module'
import type { Log } from '../../core/kernel/log.ts'
import type { PluginHttp } from './host.ts'
import type { ThreadHttp } from './http-server.ts'
import type { Connection, Manifest } from './protocol.ts'

const require = createRequire(import.meta.url)

/** HTTP for plugins of which most have none: what serves it is loaded, for 7 MiB, with the first route. */
export class LazyHttp implements PluginHttp {
  readonly #plugin: string
  readonly #log: Log
  #server: ThreadHttp | undefined
  #sealed = false

  constructor(plugin: string, log: Log) {
    this.#plugin = plugin
    this.#log = log
  }

  readonly route: PluginHttp['route'] = (...route) => this.#loaded().route(...route)
  readonly raw: PluginHttp['raw'] = (...route) => this.#loaded().raw(...route)
  readonly upgrade: PluginHttp['upgrade'] = (...route) => this.#loaded().upgrade(...route)

  /** What was registered. After this nothing more can be: the main thread would not know of it. */
  seal(): Pick<Manifest, 'routes' | 'upgrades'> {
    this.#sealed = true
    return this.#server?.seal() ?? { routes: [], upgrades: [] }
  }

  adopt(connection: Connection): void {
    this.#loaded().adopt(connection)
  }

  close(): void {
    this.#server?.close()
  }

  #loaded(): ThreadHttp {
    if (this.#server) return this.#server
    const { ThreadHttp } = require('./http-server.ts') as typeof import('./http-server.ts')
    this.#server = new ThreadHttp(this.#plugin, this.#log)
    if (this.#sealed) this.#server.seal()
    return this.#server
  }
}
