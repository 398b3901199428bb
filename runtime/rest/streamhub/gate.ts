import type { FastifyRequest } from 'fastify'
import { type AccessTarget, allows, type Caller, isLimited } from '../../../core/access/caller.ts'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { Permission } from '../../../core/kernel/permission.ts'
import { bearerOf } from '../../http/caller.ts'
import type { Admitted } from '../route-table.ts'
import type { Links } from './links.ts'

/**
 * What a route asks of its caller: a permission, in the app that its path names; or `PUBLIC`: nothing; `ATTEMPT`: nothing, but it counts as
 * a try to log in; `BEARER`: any credential;
 * `GLOBAL`: one without limits; `CLUSTER`: the token with which nodes join.
 */
export type Access = Permission | 'PUBLIC' | 'ATTEMPT' | 'BEARER' | 'GLOBAL' | 'CLUSTER'

/** `links`: the addresses of this server as the caller knows it. */
export type Who = Admitted & { readonly links: Links }

type GateDependencies = {
  /** Who presents a secret. */
  verify: (secret: string, remoteAddress?: string) => Caller | undefined
  /** Who makes the request where no credential is asked for. */
  callerOf: (request: FastifyRequest) => Caller
  /** Where an app is; undefined when there is none of this name. */
  placeOf: (app: string) => AccessTarget | undefined
  linksFor: (request: FastifyRequest) => Links
  /** Throws when the address has tried too often. */
  countAttempt: (address: string) => void
  /** Throws for whoever presents another token than the one with which nodes join. */
  requireClusterToken: (presented: string) => void
}

/** Routes that ask for no credential of a caller. */
const UNCREDENTIALED: ReadonlySet<Access> = new Set(['PUBLIC', 'ATTEMPT', 'CLUSTER'])

/** Lets StreamHub's callers in: who are you, does the app exist, may you do this there. */
export class Gate {
  readonly #of: GateDependencies

  constructor(dependencies: GateDependencies) {
    this.#of = dependencies
  }

  readonly authorize = async (request: FastifyRequest, { access }: { access: Access }, params: unknown): Promise<Who> => {
    if (access === 'CLUSTER') this.#of.requireClusterToken(clusterTokenOf(request))
    const { app, name = app } = params as { app?: string; name?: string }
    const caller = UNCREDENTIALED.has(access) ? this.#of.callerOf(request) : this.#credentialed(request)
    if (access === 'ATTEMPT') this.#of.countAttempt(caller.remoteAddress ?? '')
    const place = name === undefined ? undefined : this.#place(name)
    if (access === 'GLOBAL' && (!allows(caller, 'MANAGE') || isLimited(caller))) throw new MediaError('FORBIDDEN')
    if (isPermission(access)) requirePermission(caller, access, place)
    return { caller, links: this.#of.linksFor(request) }
  }

  /** @throws {MediaError} `UNAUTHENTICATED`: join tokens lead into rooms, not here. */
  #credentialed({ raw }: FastifyRequest): Caller {
    const { remoteAddress } = this.#of.callerOf({ raw } as FastifyRequest)
    const secret = bearerOf(raw.headers.authorization)
    const caller = secret === undefined ? undefined : this.#of.verify(secret, remoteAddress)
    if (!caller || caller.kind === 'JOIN') throw new MediaError('UNAUTHENTICATED')
    return { ...caller, ...(remoteAddress !== undefined && { remoteAddress }) }
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  #place(app: string): AccessTarget {
    const place = this.#of.placeOf(app)
    if (!place) throw new MediaError('APP_NOT_FOUND', { app })
    return place
  }
}

/** How a route that asks this of its callers may refuse them. */
export function refusalsOf(access: Access): Readonly<Record<number, string>> {
  if (UNCREDENTIALED.has(access)) return {}
  return { 401: 'no valid credential', ...(access !== 'BEARER' && { 403: 'the credential does not allow it' }) }
}

/** What a node presents; empty when that is nothing. */
export function clusterTokenOf({ raw }: FastifyRequest): string {
  const token = raw.headers['x-cluster-token']
  return typeof token === 'string' ? token : ''
}

function isPermission(access: Access): access is Permission {
  return access.includes(':')
}

/** What names no app is about what the caller may reach anyway; a new app is outside of every other. */
function requirePermission(caller: Caller, permission: Permission, place: AccessTarget | undefined): void {
  const { tenant, app, room } = caller
  const own = {
    ...(tenant !== undefined && { tenant }),
    ...(app !== undefined && permission !== 'app:create' && { app }),
    ...(room !== undefined && { room }),
  }
  if (!allows(caller, permission, place ?? own)) throw new MediaError('FORBIDDEN', { permission })
}
