import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { allows, type Caller, type Grant, SYSTEM } from '../../../core/access/caller.ts'
import { networkOf } from '../../../core/kernel/addresses.ts'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { Tokens } from '../../http/caller.ts'
import { HttpRefusal } from '../answer.ts'
import type { Operations } from '../operations.ts'
import type { Admitted } from '../route-table.ts'
import type { TokenBuckets } from '../token-buckets.ts'
import { type Credentials, plainTokenOf } from './credentials.ts'
import { NAMED, type Named, namedBy, type Place, toName, toPlace } from './translate.ts'

/**
 * What a route asks of its caller. `ENDPOINT`: nothing, it says nothing. `VISITOR`: what anybody may know. `RECORDS`: as `ADMIN`,
 * where an administrator can be told from others.
 */
export type Access = 'ENDPOINT' | 'PUBLISH' | 'PLAY' | 'PUBLISH_SESSION' | 'PLAY_SESSION' | 'VISITOR' | 'ADMIN' | 'RECORDS'

/** `place`: the room that the request is about. `stranger`: it is served, but not told secrets. */
export type Who = Admitted & { readonly place: Place; readonly stranger: boolean }

type GateDependencies = {
  credentials: Credentials
  tokens: Tokens
  operations: Operations
  limits: TokenBuckets
  /** What a caller without a credential may do on this server. */
  anonymousGrants: readonly Grant[]
  /** Who is at the far end. */
  addressOf: (request: IncomingMessage) => string | undefined
}

const NOWHERE: Place = { app: '', room: '' }
const SESSION = 'query ($id: ID!) { webRtcSession(id: $id) { kind app room } }'
type Session = { kind: 'PUBLISH' | 'PLAY' } & Place

/**
 * Lets go-live's callers in by go-live's rules, and by Patchbay's tokens. What they then do, they do as a caller who has just the
 * rights that were earned.
 */
export class Gate {
  readonly #of: GateDependencies

  constructor(dependencies: GateDependencies) {
    this.#of = dependencies
  }

  readonly authorize = async (request: FastifyRequest, { access }: { access: Access }, params: unknown): Promise<Who> => {
    const { raw } = request
    const { room: name = '', id = '' } = params as { room?: string; id?: string }
    switch (access) {
      case 'ENDPOINT':
        return this.#admit(this.#nobody(raw))
      case 'PUBLISH':
      case 'PLAY':
        this.#requirePace(raw)
        return this.#atRoom(raw, access, await this.#find(name), name)
      case 'PUBLISH_SESSION':
      case 'PLAY_SESSION':
        return this.#atSession(raw, access === 'PUBLISH_SESSION' ? 'PUBLISH' : 'PLAY', id)
      case 'VISITOR':
        this.#requirePace(raw)
        return this.#visitor(raw)
      case 'ADMIN': {
        const admin = await this.#admin(raw)
        const place = await this.#find(name)
        if (!place.occupied) throw new MediaError('ROOM_NOT_FOUND', { room: name })
        return this.#admit(admin, place)
      }
      case 'RECORDS': {
        const caller = await this.#recordsReader(raw)
        this.#requirePace(raw)
        return this.#admit(caller)
      }
    }
  }

  #admit(caller: Caller, place: Place = NOWHERE, stranger = false): Who {
    return { caller, place, stranger }
  }

  /** @throws {HttpRefusal} 429 */
  #requirePace(request: IncomingMessage): void {
    const waitS = this.#of.limits.take(networkOf(this.#of.addressOf(request) ?? ''))
    if (waitS > 0) throw new HttpRefusal(429, { 'retry-after': String(Math.max(1, Math.ceil(waitS))) })
  }

  async #find(name: string): Promise<Place & { occupied: boolean }> {
    return toPlace(name, (await this.#of.operations.run(NAMED, namedBy(name), SYSTEM)) as Named)
  }

  async #atRoom(request: IncomingMessage, grant: 'PUBLISH' | 'PLAY', { app, room }: Place, name: string): Promise<Who> {
    const place = { app, room }
    const known = this.#tokenHolder(request)
    if (known && allows(known, grant, place)) return this.#admit(known, place)
    const admitted = await this.#of.credentials.admitsTo(name, request)
    if (admitted === false) throw new MediaError('UNAUTHENTICATED')
    return this.#admit(admitted ? this.#holder(request, ['PUBLISH', 'PLAY'], place) : this.#nobody(request), place)
  }

  /** Whoever could have opened the session. */
  async #atSession(request: IncomingMessage, kind: 'PUBLISH' | 'PLAY', id: string): Promise<Who> {
    const { webRtcSession } = await this.#of.operations.run(SESSION, { id }, SYSTEM)
    const session = webRtcSession as Session | null
    if (session?.kind !== kind) throw new MediaError('SESSION_NOT_FOUND', { id })
    return this.#atRoom(request, kind, session, toName(session))
  }

  async #visitor(request: IncomingMessage): Promise<Who> {
    const { credentials } = this.#of
    const known = this.#tokenHolder(request)
    if (known) return this.#admit(known)
    if (await credentials.admitsEverywhere(request)) return this.#admit(this.#holder(request, ['PUBLISH', 'PLAY']))
    const nobody = this.#nobody(request)
    const name = await credentials.roomOf(request)
    const place = name === undefined ? undefined : await this.#find(name)
    // What anybody may see is more than what is to be seen of one room.
    const caller = place && nobody.grants.length === 0 ? this.#holder(request, ['PUBLISH', 'PLAY'], place) : nobody
    return this.#admit(caller, place, place === undefined && (credentials.configured || nobody.grants.length === 0))
  }

  async #admin(request: IncomingMessage): Promise<Caller> {
    const known = this.#tokenHolder(request)
    if (known && allows(known, 'MANAGE')) return known
    if (await this.#of.credentials.isAdmin(request)) return this.#holder(request, ['MANAGE'])
    throw new MediaError('UNAUTHENTICATED')
  }

  async #recordsReader(request: IncomingMessage): Promise<Caller> {
    const nobody = this.#nobody(request)
    if (!this.#of.credentials.adminConfigured && nobody.grants.includes('PLAY'))
      return { ...nobody, permissions: ['vod:read'], app: 'live' }
    return this.#admin(request)
  }

  /** Whoever presents one of Patchbay's own tokens. */
  #tokenHolder(request: IncomingMessage): Caller | undefined {
    const token = plainTokenOf(request)
    const from = this.#from(request)
    const known = token === undefined ? undefined : this.#of.tokens.verify(token, from.remoteAddress)
    return known && { ...known, ...from }
  }

  #holder(request: IncomingMessage, grants: readonly Grant[], place?: Place): Caller {
    return { id: 'go-live', kind: 'TOKEN', grants, ...(place && { app: place.app, room: place.room }), ...this.#from(request) }
  }

  #nobody(request: IncomingMessage): Caller {
    return { id: 'anonymous', kind: 'ANONYMOUS', grants: this.#of.anonymousGrants, ...this.#from(request) }
  }

  #from(request: IncomingMessage): { remoteAddress?: string } {
    const remoteAddress = this.#of.addressOf(request)
    return remoteAddress === undefined ? {} : { remoteAddress }
  }
}
