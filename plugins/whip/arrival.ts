import type { Arrival } from '../kit/core-api.ts'
import type { RequestContext } from '../kit/host.ts'

export const PROTOCOL = 'WHIP'

/**
 * Who asks to publish, and by what.
 *
 * A bearer token that Patchbay did not issue can only be a stream key, as OBS sends it. Without one, the path names the room or
 * is itself the key; without a room in the path, it is the one that the token is for, or the app's own.
 */
export function arrivalOf(request: Request, { params, caller, url }: RequestContext): Arrival {
  const { app = '', room } = params
  const presented = caller.kind === 'ANONYMOUS' ? secretOf(request, url) : undefined
  const identity = url.searchParams.get('identity')
  return {
    protocol: PROTOCOL,
    app,
    ...(presented === undefined ? { key: room ?? caller.room ?? '' } : { key: presented, ...(room !== undefined && { room }) }),
    ...(identity !== null && { identity }),
    caller,
  }
}

/** `Authorization: Bearer`, `X-Auth-Token`, or `?token=` for who can set no headers. */
function secretOf({ headers }: Request, url: URL): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]
  return bearer ?? (headers.get('x-auth-token') || url.searchParams.get('token') || undefined)
}
