import type { Grant } from '../../core/access/caller.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Config } from '../config/env.ts'
import type { Tokens } from '../http/caller.ts'
import type { HttpServer } from '../http/server.ts'
import { serveDescriptions } from './docs.ts'
import { goLive } from './golive/adapter.ts'
import type { Credentials } from './golive/credentials.ts'
import { serveDemoPages } from './golive/demo-pages.ts'
import type { Operations } from './operations.ts'
import { serveAdapter } from './serve-adapter.ts'

export type RestOptions = {
  config: Config
  goLiveCredentials: Credentials
  tokens: Tokens
  operations: Operations
  /** What a caller without a credential may do on this server. */
  anonymousGrants: readonly Grant[]
  log: Log
}

/** Serves the APIs of other systems, and the descriptions of them all. */
export function serveAdapters(http: HttpServer, options: RestOptions): void {
  const { config, goLiveCredentials: credentials, tokens, operations, anonymousGrants, log } = options
  const adapters = [goLive({ config, credentials, http, tokens, operations, anonymousGrants })]
  for (const adapter of adapters) {
    const onFault = (error: unknown, { method, url }: { method: string; url: string }) =>
      log.error({ err: error, method, url, api: adapter.name }, 'a request failed')
    serveAdapter(http.app, adapter, { operations, onFault })
  }
  serveDemoPages(http.app)
  serveDescriptions(http.app, adapters)
}
