import type { IncomingMessage } from 'node:http'
import type { Caller, Grant } from '../../core/access/caller.ts'

/** Whoever knows the tokens. Looks one up by its hash, so that the time taken tells nothing about it. */
export type Tokens = { verify(token: string, remoteAddress?: string): Caller | undefined }

/** What a request presents: `Authorization: Bearer`, `X-Auth-Token`, or `?token=` where headers can't be set (players, WebSockets). */
function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = bearerOf(request.headers.authorization)
  if (bearer !== undefined) return bearer
  const header = request.headers['x-auth-token']
  if (typeof header === 'string' && header !== '') return header
  return queryTokenOf(request.url ?? '')
}

export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

function queryTokenOf(url: string): string | undefined {
  const query = url.indexOf('?')
  if (query < 0 || !url.includes('token=', query)) return undefined
  return new URLSearchParams(url.slice(query + 1)).get('token') || undefined
}

/**
 * Who makes this request.
 *
 * A token that nobody knows gives no grants, not even those of a caller without one: a mistyped token should be noticed.
 * It is no error here, because some routes have credentials of their own.
 *
 * @param anonymousGrants What a caller who presents nothing may do.
 */
export function callerOf(request: IncomingMessage, remoteAddress: string, tokens: Tokens, anonymousGrants: readonly Grant[]): Caller {
  const token = tokenOf(request)
  const known = token === undefined ? undefined : tokens.verify(token, remoteAddress)
  return known ? { ...known, remoteAddress } : anonymous(token === undefined ? anonymousGrants : [], remoteAddress)
}

function anonymous(grants: readonly Grant[], remoteAddress: string): Caller {
  return { id: 'anonymous', kind: 'ANONYMOUS', grants, remoteAddress }
}
