import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AttemptLimit } from '../../core/access/attempt-limit.ts'
import type { AccessTarget, Grant } from '../../core/access/caller.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Config } from '../config/env.ts'
import type { Tokens } from '../http/caller.ts'
import type { HttpServer } from '../http/server.ts'
import { HttpRefusal } from './answer.ts'
import { serveDescriptions } from './docs.ts'
import { goLive } from './golive/adapter.ts'
import type { Credentials } from './golive/credentials.ts'
import { serveDemoPages } from './golive/demo-pages.ts'
import type { Operations } from './operations.ts'
import type { Admitted } from './route-table.ts'
import { type Adapter, refuseFor, serveAdapter } from './serve-adapter.ts'
import { streamHub } from './streamhub/adapter.ts'

export type RestOptions = {
  config: Config
  goLiveCredentials: Credentials
  tokens: Tokens
  operations: Operations
  /** What a caller without a credential may do on this server. */
  anonymousGrants: readonly Grant[]
  /** Where an app is; undefined when there is none of this name. */
  placeOf: (app: string) => AccessTarget | undefined
  /** How often an address may try to log in. */
  attempts: AttemptLimit
  /** Throws for whoever presents another token than the one with which nodes join. */
  requireClusterToken: (presented: string) => void
  log: Log
}

/** Serves the APIs of other systems, and the descriptions of them all. */
export function serveAdapters(http: HttpServer, options: RestOptions): void {
  const {
    config,
    goLiveCredentials: credentials,
    tokens,
    operations,
    anonymousGrants,
    placeOf,
    attempts,
    requireClusterToken,
    log,
  } = options
  const serve = <Access, Who extends Admitted>(adapter: Adapter<Access, Who>) => {
    const onFault = (error: unknown, { method, url }: { method: string; url: string }) =>
      log.error({ err: error, method, url, api: adapter.name }, 'a request failed')
    const handOver = (request: FastifyRequest, reply: FastifyReply, url: string) => http.handOver(request, reply, url)
    serveAdapter(http.app, adapter, { operations, onFault, handOver })
    const { root } = adapter
    if (root !== undefined) http.onUnreadable(root, (request, reply) => refuseFor(adapter, new HttpRefusal(400), request, reply))
    return adapter
  }
  const adapters = [
    serve(goLive({ config, credentials, http, tokens, operations, anonymousGrants })),
    serve(streamHub({ config, http, tokens, placeOf, attempts, requireClusterToken })),
  ]
  serveDemoPages(http.app)
  serveDescriptions(http.app, adapters)
}
