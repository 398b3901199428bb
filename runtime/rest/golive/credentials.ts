import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type JWTPayload, jwtVerify } from 'jose'
import type { Config } from '../../config/env.ts'
import type { Secret } from '../../config/secret.ts'
import { bearerOf } from '../../http/caller.ts'

/** Seconds by which clocks may differ. */
const LEEWAY_S = 30

/** What go-live's variables configure: tokens and the key of JWTs. */
export class Credentials {
  readonly #config: Config['goLive']
  readonly #key: Uint8Array | undefined

  constructor(config: Config['goLive']) {
    this.#config = config
    this.#key = config.jwtSecret && new TextEncoder().encode(config.jwtSecret.reveal())
  }

  /** Whether publishing or playing takes a credential, at least in some rooms. */
  get configured(): boolean {
    const { authToken, roomTokens, jwtSecret } = this.#config
    return authToken !== undefined || jwtSecret !== undefined || roomTokens.size > 0
  }

  get adminConfigured(): boolean {
    return this.#config.adminToken !== undefined || this.#key !== undefined
  }

  /**
   * Whether the request may publish and play in a room; undefined when nothing is configured that says so.
   * A room with a token of its own takes no other token.
   */
  async admitsTo(room: string, request: IncomingMessage): Promise<boolean | undefined> {
    const { authToken, roomTokens } = this.#config
    const token = roomTokens.get(room) ?? authToken
    if (token === undefined && this.#key === undefined) return undefined
    if (isToken(plainTokenOf(request), token)) return true
    const claims = await this.#claims(request)
    return claims !== undefined && (isBlank(claims.room) || claims.room === room)
  }

  /** Whether the request may see every room: by the global token, the administrator's, or a JWT for no room in particular. */
  async admitsEverywhere(request: IncomingMessage): Promise<boolean> {
    if (isToken(plainTokenOf(request), this.#config.authToken) || (await this.isAdmin(request))) return true
    const claims = await this.#claims(request)
    return claims !== undefined && isBlank(claims.room)
  }

  /** The one room that the request's credential is for. */
  async roomOf(request: IncomingMessage): Promise<string | undefined> {
    const plain = plainTokenOf(request)
    const [room] = [...this.#config.roomTokens].find(([, token]) => isToken(plain, token)) ?? []
    const claims = room === undefined ? await this.#claims(request) : undefined
    return room ?? (typeof claims?.room === 'string' && claims.room !== '' ? claims.room : undefined)
  }

  async isAdmin(request: IncomingMessage): Promise<boolean> {
    if (isToken(plainTokenOf(request), this.#config.adminToken)) return true
    const { role, admin } = (await this.#claims(request)) ?? {}
    return (typeof role === 'string' && role.toLowerCase() === 'admin') || admin === true || admin === 1
  }

  /** Whether the request carries any of the tokens. JWTs take longer to read, and are not looked at. */
  isToken(request: IncomingMessage): boolean {
    const plain = plainTokenOf(request)
    const { authToken, adminToken, roomTokens } = this.#config
    return [authToken, adminToken, ...roomTokens.values()].some((token) => isToken(plain, token))
  }

  async #claims({ headers }: IncomingMessage): Promise<JWTPayload | undefined> {
    const token = bearerOf(headers.authorization)
    if (token === undefined || this.#key === undefined) return undefined
    const { jwtAudience: audience } = this.#config
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256', 'HS384', 'HS512'],
        clockTolerance: LEEWAY_S,
        requiredClaims: ['exp'],
        ...(audience !== undefined && { audience }),
      })
      // The token of somebody who has logged in is signed with the same key, and says nothing about rooms.
      if (payload.sid !== undefined) return undefined
      return (payload.iat ?? 0) > Date.now() / 1_000 + LEEWAY_S ? undefined : payload
    } catch {
      // Whatever is wrong with it, it is no credential.
      return undefined
    }
  }
}

/** `X-Auth-Token` decides where it is sent; `Authorization` is not compared then. */
export function plainTokenOf({ headers }: IncomingMessage): string | undefined {
  const header = headers['x-auth-token']
  return typeof header === 'string' && header !== '' ? header : bearerOf(headers.authorization)
}

/** Compared as hashes, in constant time: neither the content nor the length of a token can be measured. */
function isToken(presented: string | undefined, token: Secret | undefined): boolean {
  return presented !== undefined && token !== undefined && timingSafeEqual(hash(presented), hash(token.reveal()))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** A claim that says nothing. */
function isBlank(claim: unknown): boolean {
  return claim === undefined || claim === null || claim === ''
}
