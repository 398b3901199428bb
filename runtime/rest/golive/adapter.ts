import type { Grant } from '../../../core/access/caller.ts'
import type { Config } from '../../config/env.ts'
import type { Tokens } from '../../http/caller.ts'
import type { HttpServer } from '../../http/server.ts'
import type { Operations } from '../operations.ts'
import type { Adapter } from '../serve-adapter.ts'
import { TokenBuckets } from '../token-buckets.ts'
import { cors } from './cors.ts'
import type { Credentials } from './credentials.ts'
import { type Access, Gate, type Who } from './gate.ts'
import { records } from './records.ts'
import { refusal } from './refusals.ts'
import { rooms } from './rooms.ts'
import { sessions } from './sessions.ts'

/** live-webrtc-go's HTTP API. */
export function goLive(options: {
  config: Pick<Config, 'allowedOrigins' | 'iceServers' | 'rateLimit' | 'goLive'>
  credentials: Credentials
  http: HttpServer
  tokens: Tokens
  operations: Operations
  anonymousGrants: readonly Grant[]
}): Adapter<Access, Who> {
  const { config, credentials, http, tokens, operations, anonymousGrants } = options
  const gate = new Gate({
    credentials,
    tokens,
    operations,
    anonymousGrants,
    limits: new TokenBuckets(config.rateLimit),
    addressOf: (request) => http.callerOf(request).remoteAddress,
  })
  return {
    name: 'golive',
    title: 'go-live API',
    description: 'Publish by WHIP, play by WHEP, list and close rooms. A room `demo` here is the room `demo` of the app `live`.',
    routes: { ...sessions, ...rooms(config, () => credentials.configured || anonymousGrants.length === 0), ...records },
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
    authorize: gate.authorize,
    refusal,
    headers: cors(config.allowedOrigins),
  }
}
