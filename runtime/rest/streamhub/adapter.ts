import type { AccessTarget } from '../../../core/access/caller.ts'
import type { Config } from '../../config/env.ts'
import type { Tokens } from '../../http/caller.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RouteTable } from '../route-table.ts'
import type { Adapter } from '../serve-adapter.ts'
import { type Access, Gate, type Who } from './gate.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { linksFor } from './links.ts'
import { plugins } from './plugins.ts'
import { refusal } from './refusals.ts'
import { streams } from './streams.ts'

export type StreamHubOptions = {
  config: Config
  http: HttpServer
  tokens: Tokens
  /** Where an app is; undefined when there is none of this name. */
  placeOf: (app: string) => AccessTarget | undefined
}

const BASE = '/api/v1'

/** StreamHub's HTTP API. */
export function streamHub({ config, http, tokens, placeOf }: StreamHubOptions): Adapter<Access, Who> {
  const gate = new Gate({
    verify: (secret, remoteAddress) => tokens.verify(secret, remoteAddress),
    callerOf: ({ raw }) => http.callerOf(raw),
    placeOf,
    linksFor: (request) => linksFor(config, request),
  })
  return {
    name: 'streamhub',
    title: 'StreamHub API',
    description: 'Apps, tokens, ingress, cameras, streams, configuration and the cluster, as StreamHub documents them.',
    root: BASE,
    callerFirst: true,
    routes: under(BASE, { ...streams, ...plugins }),
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    authorize: gate.authorize,
    refusal,
    headers: () => ({ ...SECURITY_HEADERS }),
  }
}

/** The routes of a table whose paths leave out what they all begin with. */
function under(base: string, table: RouteTable<Access, Who>): RouteTable<Access, Who> {
  return Object.fromEntries(Object.entries(table).map(([key, route]) => [key.replace(' ', ` ${base}`), route]))
}
