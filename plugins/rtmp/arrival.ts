import type { Caller } from '../../core/access/caller.ts'
import type { Arrival } from '../kit/core-api.ts'
import type { PublishRequest } from './protocol/publish-request.ts'

/** How core knows what comes in here. */
export const PROTOCOL = 'RTMP'

/**
 * Where an encoder wants to go by its URL: `/app/key`, `/app/room` or `/app/room/identity`; `?identity=` says the last one,
 * too. Encoders split a URL in different places, so only the path as a whole counts.
 */
export function arrivalOf(request: PublishRequest, caller: Caller): Arrival {
  const [app = '', key = '', ...rest] = `${request.app}/${request.name}`.split('/').filter(Boolean).map(decoded)
  const identity = rest.length > 0 ? rest.join('/') : request.query.get('identity')
  const password = passwordOf(request)
  return { protocol: PROTOCOL, app, key, caller, ...(identity && { identity }), ...(password !== undefined && { password }) }
}

/** What goes with a stream key, under each of the names that encoders are told. */
function passwordOf({ query }: PublishRequest): string | undefined {
  return query.get('password') ?? query.get('stream_password') ?? query.get('rtmp_password') ?? undefined
}

/** The credential an encoder shows beside its URL. */
export function tokenOf({ query }: PublishRequest): string | undefined {
  return query.get('token') || undefined
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
