import type { Permission } from '../kernel/permission.ts'

/**
 * What a caller may do. `MANAGE` includes everything, and `OBSERVE` every permission to read; the others include nothing but
 * themselves: `PUBLISH` sends media into rooms, `PLAY` lists what is live and watches it.
 */
export type Grant = 'MANAGE' | 'OBSERVE' | 'PUBLISH' | 'PLAY'

/** Whoever makes an API request, with its rights. Plain data: it crosses into plugin threads with the request. */
export type Caller = {
  /** Token, user or session id, or `anonymous`. */
  readonly id: string
  readonly kind: 'ANONYMOUS' | 'TOKEN' | 'USER' | 'JOIN' | 'SYSTEM'
  readonly grants: readonly Grant[]
  /** What it may do besides. */
  readonly permissions?: readonly Permission[]
  /** The one tenant whose apps the rights are limited to; absent: every tenant. */
  readonly tenant?: string
  /** The one app the rights are limited to; absent: every app. */
  readonly app?: string
  /** The one room the rights are limited to; absent: every room. */
  readonly room?: string
  /** Its quotas are those of its tenant; absent: it has none. */
  readonly metered?: boolean
  /** What its join token says about it. */
  readonly joining?: Joining
  readonly remoteAddress?: string
  /** The request's place in a trace, as a W3C `traceparent`; absent where requests are not traced. */
  readonly trace?: string
}

/** How somebody with a join token takes part in its room. */
export type Joining = {
  readonly identity: string
  readonly name?: string
  readonly metadata?: string
  /** Nobody in the room is told of it. */
  readonly hidden: boolean
  /** Watching is what it comes for, so that it counts as a viewer although it is hidden. */
  readonly audience: boolean
  readonly recorder: boolean
  readonly canPublishData: boolean
  /** The kinds of tracks it may publish; absent: every kind. */
  readonly publishes?: readonly ('audio' | 'video')[]
  /** The kinds of tracks it gets; absent: every kind. */
  readonly plays?: readonly ('audio' | 'video')[]
}

/** The server itself. */
export const SYSTEM: Caller = { id: 'system', kind: 'SYSTEM', grants: ['MANAGE'] }

/** Where something is to be done. One that names nothing is the whole server. */
export type AccessTarget = { readonly tenant?: string; readonly app?: string; readonly room?: string }

/** Whether the caller may do this, there. */
export function allows(caller: Caller, right: Grant | Permission, target: AccessTarget = {}): boolean {
  if (!holds(caller, right)) return false
  if (caller.tenant !== undefined && caller.tenant !== target.tenant) return false
  if (caller.app !== undefined && caller.app !== target.app) return false
  if (caller.room !== undefined && caller.room !== target.room) return false
  return true
}

/** Whether its rights end somewhere on this server. */
export function isLimited({ tenant, app }: Caller): boolean {
  return tenant !== undefined || app !== undefined
}

function holds({ grants, permissions = [] }: Caller, right: Grant | Permission): boolean {
  if (grants.includes('MANAGE')) return true
  if (!right.includes(':')) return grants.includes(right as Grant)
  return permissions.includes(right as Permission) || (right.endsWith(':read') && grants.includes('OBSERVE'))
}
