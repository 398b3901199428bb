/**
 * What a caller may do. `MANAGE` includes everything; the others include nothing but themselves:
 * `OBSERVE` reads what the server knows, `PUBLISH` sends media into rooms, `PLAY` lists what is live and watches it.
 */
export type Grant = 'MANAGE' | 'OBSERVE' | 'PUBLISH' | 'PLAY'

/** Whoever makes an API request, with its grants. Plain data: it crosses into plugin threads with the request. */
export type Caller = {
  /** Token id, or `anonymous`. */
  readonly id: string
  readonly kind: 'ANONYMOUS' | 'TOKEN' | 'SYSTEM'
  readonly grants: readonly Grant[]
  /** The one app the grants are limited to; absent: every app. */
  readonly app?: string
  /** The one room the grants are limited to; absent: every room. */
  readonly room?: string
  readonly remoteAddress?: string
  /** The request's place in a trace, as a W3C `traceparent`; absent where requests are not traced. */
  readonly trace?: string
}

/** The server itself. */
export const SYSTEM: Caller = { id: 'system', kind: 'SYSTEM', grants: ['MANAGE'] }

export type AccessTarget = { readonly app?: string; readonly room?: string }

/** Whether the caller may do this, there. A target that names no app or room is the whole server. */
export function allows(caller: Caller, grant: Grant, target: AccessTarget = {}): boolean {
  if (!caller.grants.includes(grant) && !caller.grants.includes('MANAGE')) return false
  if (caller.app !== undefined && caller.app !== target.app) return false
  if (caller.room !== undefined && caller.room !== target.room) return false
  return true
}
