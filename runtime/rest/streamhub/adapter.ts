import type { AttemptLimit } from '../../../core/access/attempt-limit.ts'
import type { AccessTarget } from '../../../core/access/caller.ts'
import type { Config } from '../../config/env.ts'
import type { Tokens } from '../../http/caller.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RouteTable } from '../route-table.ts'
import type { Adapter } from '../serve-adapter.ts'
import { apps } from './apps.ts'
import { auth } from './auth.ts'
import { cluster } from './cluster.ts'
import { config as appConfig } from './config.ts'
import { configFile } from './config-file.ts'
import { docs } from './docs.ts'
import { type Access, Gate, refusalsOf, type Who } from './gate.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { ingress } from './ingress.ts'
import { joinTokens } from './join-tokens.ts'
import { linksFor } from './links.ts'
import { limitHeaders } from './login-limit.ts'
import { logs } from './logs.ts'
import { plugins } from './plugins.ts'
import { presets } from './presets.ts'
import { recording } from './recording.ts'
import { refusal } from './refusals.ts'
import { BODY_REFUSALS } from './reply.ts'
import { s3 } from './s3.ts'
import { snapshots } from './snapshots.ts'
import { stats } from './stats.ts'
import { streams } from './streams.ts'
import { system } from './system.ts'
import { tokens as apiTokens } from './tokens.ts'
import { vods } from './vods.ts'
import { wsIngest } from './ws-ingest.ts'

export type StreamHubOptions = {
  config: Config
  http: HttpServer
  tokens: Tokens
  /** Where an app is; undefined when there is none of this name. */
  placeOf: (app: string) => AccessTarget | undefined
  /** How often an address may try to log in. */
  attempts: AttemptLimit
  /** Throws for whoever presents another token than the one with which nodes join. */
  requireClusterToken: (presented: string) => void
}

const BASE = '/api/v1'

/** StreamHub's HTTP API. */
export function streamHub({ config, http, tokens, placeOf, attempts, requireClusterToken }: StreamHubOptions): Adapter<Access, Who> {
  const gate = new Gate({
    verify: (secret, remoteAddress) => tokens.verify(secret, remoteAddress),
    callerOf: ({ raw }) => http.callerOf(raw),
    placeOf,
    countAttempt: (address) => attempts.take(address),
    linksFor: (request) => linksFor(config, request),
    requireClusterToken,
  })
  return {
    name: 'streamhub',
    title: 'StreamHub API',
    description: 'Apps, tokens, ingress, cameras, streams, configuration and the cluster, as StreamHub documents them.',
    root: BASE,
    callerFirst: true,
    etags: true,
    routes: under(BASE, {
      ...auth,
      ...apiTokens,
      ...apps,
      ...appConfig,
      ...configFile,
      ...presets,
      ...s3,
      ...joinTokens,
      ...ingress,
      ...wsIngest,
      ...streams,
      ...recording,
      ...snapshots,
      ...vods,
      ...plugins,
      ...logs,
      ...stats,
      ...system,
      ...cluster,
      ...docs,
    }),
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      cluster: { type: 'apiKey', in: 'header', name: 'X-Cluster-Token' },
    },
    authorize: gate.authorize,
    refusal,
    headers: ({ raw }) => ({ ...SECURITY_HEADERS, ...limitHeaders(raw, () => attempts.of(http.callerOf(raw).remoteAddress ?? '')) }),
  }
}

/** The routes of a table whose paths leave out what they all begin with, and whose refusals leave out what their access means. */
function under(base: string, table: RouteTable<Access, Who>): RouteTable<Access, Who> {
  const whole = Object.entries(table).map(([key, route]) => [
    key.replace(' ', ` ${base}`),
    { ...route, errors: { ...refusalsOf(route.access), ...(route.body && BODY_REFUSALS), ...route.errors } },
  ])
  return Object.fromEntries(whole) as RouteTable<Access, Who>
}
