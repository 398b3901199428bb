import { createHash, randomBytes } from 'node:crypto'
import { MediaError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { tokens as tokensTable } from '../store/tables.ts'
import type { Caller, Grant } from './caller.ts'

export type TokenOptions = { name: string; grants: readonly Grant[]; app?: string; room?: string }
export type Token = TokenOptions & { id: string; createdAt: Date }

const TOKEN_NAME = /^[^\p{Cc}\u2028\u2029]{1,100}$/u
const LOAN_MS = 12 * 3_600_000
const MOST_LENT = 10_000

/** API tokens. Only their hashes are kept; a secret is shown once, to whoever creates it. */
export class Tokens {
  readonly #store: Store
  readonly #byHash = new Map<string, Token>()
  /** Tokens that nobody lists and that end by themselves, by hash; those that end first come first. */
  readonly #lent = new Map<string, { caller: Caller; endsAt: number }>()

  readonly #onRevoked: ((token: Token) => void)[] = []

  private constructor(store: Store) {
    this.#store = store
  }

  static async load(store: Store): Promise<Tokens> {
    const tokens = new Tokens(store)
    for (const { hash, app, room, ...row } of await store.select().from(tokensTable)) {
      tokens.#byHash.set(hash, { ...row, ...(app !== null && { app }), ...(room !== null && { room }) })
    }
    return tokens
  }

  list(): Token[] {
    return [...this.#byHash.values()]
  }

  /** @throws {MediaError} `NOT_FOUND` */
  get(id: string): Token {
    const token = this.list().find((one) => one.id === id)
    if (!token) throw new MediaError('NOT_FOUND', { id })
    return token
  }

  /**
   * Who presents this secret. Looking up its hash tells an attacker who measures time nothing about any secret.
   */
  verify(secret: string, _remoteAddress?: string): Caller | undefined {
    const hash = hashOf(secret)
    const token = this.#byHash.get(hash)
    if (token) return callerOf(token)
    const lent = this.#lent.get(hash)
    return lent && lent.endsAt > Date.now() ? lent.caller : undefined
  }

  /**
   * Lends a token for a while: it is kept in memory only, and worthless after `LOAN_MS` or when the server stops.
   *
   * @returns Its secret.
   * @throws {MediaError} `OVERLOADED` when as many are lent as may be.
   */
  lend(options: TokenOptions): { secret: string; endsAt: Date } {
    for (const [hash, { endsAt }] of this.#lent) {
      if (endsAt > Date.now()) break
      this.#lent.delete(hash)
    }
    if (this.#lent.size >= MOST_LENT) throw new MediaError('OVERLOADED', { reason: 'too many tokens are lent' })
    const secret = `lt_${randomBytes(32).toString('base64url')}`
    const endsAt = Date.now() + LOAN_MS
    this.#lent.set(hashOf(secret), { caller: callerOf({ ...options, id: newId('TO') }), endsAt })
    return { secret, endsAt: new Date(endsAt) }
  }

  /**
   * @returns The token and its secret, which can not be read again.
   * @throws {MediaError} `INPUT_INVALID` for one without a name or grants, or limited to a room without its app.
   */
  async create(options: TokenOptions): Promise<{ token: Token; secret: string }> {
    const { name, grants, app, room } = options
    if (!TOKEN_NAME.test(name)) throw new MediaError('INPUT_INVALID', { field: 'name', reason: '1 to 100 characters on one line' })
    if (grants.length === 0) throw new MediaError('INPUT_INVALID', { field: 'grants', reason: 'at least one' })
    if (room !== undefined && app === undefined) throw new MediaError('INPUT_INVALID', { field: 'app', reason: 'a room needs its app' })
    const secret = `sk_${randomBytes(32).toString('base64url')}`
    return { token: await this.keep(secret, options), secret }
  }

  /** Keeps a token whose secret somebody else chose. Doing it again with the same secret changes nothing. */
  async keep(secret: string, options: TokenOptions): Promise<Token> {
    const hash = hashOf(secret)
    const known = this.#byHash.get(hash)
    if (known) return known
    const token: Token = { ...options, id: newId('TO'), createdAt: new Date() }
    await this.#store.insert(tokensTable).values({
      ...token,
      grants: [...token.grants],
      app: token.app ?? null,
      room: token.room ?? null,
      hash,
    })
    this.#byHash.set(hash, token)
    return token
  }

  /** @throws {MediaError} `NOT_FOUND` */
  async revoke(id: string): Promise<Token> {
    const entry = [...this.#byHash].find(([, token]) => token.id === id)
    if (!entry) throw new MediaError('NOT_FOUND', { id })
    await this.#store.delete(tokensTable).where(eq(tokensTable.id, id))
    this.#byHash.delete(entry[0])
    for (const tell of this.#onRevoked) tell(entry[1])
    return entry[1]
  }

  /** Tells of each token that is worthless from now on, so that what it opened can be closed. */
  onRevoked(tell: (token: Token) => void): void {
    this.#onRevoked.push(tell)
  }
}

function callerOf({ id, grants, app, room }: TokenOptions & { id: string }): Caller {
  return { id, kind: 'TOKEN', grants, ...(app !== undefined && { app }), ...(room !== undefined && { room }) }
}

/** How a secret with enough randomness of its own is kept at rest. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
