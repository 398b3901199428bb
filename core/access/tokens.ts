import { createHash, randomBytes } from 'node:crypto'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import { AddressSet } from '../kernel/addresses.ts'
import { MediaError, messageOf } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/database.ts'
import { DeferredWrites } from '../store/deferred-writes.ts'
import { eq } from '../store/drizzle.ts'
import { tokens as tokensTable } from '../store/tables.ts'
import type { Caller, Grant } from './caller.ts'
import { LentTokens } from './lent-tokens.ts'

export type TokenOptions = {
  name: string
  grants: readonly Grant[]
  app?: string
  room?: string
  /** Addresses and CIDR ranges it may be presented from; absent: any. */
  allowedIps?: readonly string[]
}

export type Token = TokenOptions & {
  readonly id: string
  /** Counts up from 1, and is never used twice. */
  readonly number: number
  readonly createdAt: Date
  lastUsedAt?: Date
  /** Since when it is worthless. */
  revokedAt?: Date
}

type Kept = { readonly token: Token; readonly addresses: AddressSet | undefined }

const TOKEN_NAME = /^[^\p{Cc}\u2028\u2029]{1,100}$/u
const MOST_ADDRESSES = 100
/** When a token was used last is kept to the minute: it changes with every request. */
const WRITE_AFTER_MS = 60_000

/** API tokens. Only their hashes are kept; a secret is shown once, to whoever creates it. Revoked ones stay listed. */
export class Tokens {
  readonly #store: Store
  readonly #byHash = new Map<string, Kept>()
  readonly #lent = new LentTokens()
  readonly #uses: DeferredWrites<Token>
  readonly #onRevoked: ((token: Token) => void)[] = []

  private constructor(store: Store, log: Log) {
    this.#store = store
    this.#uses = new DeferredWrites({ waitMs: WRITE_AFTER_MS, log, write: (used) => this.#writeUses(used) })
  }

  /** Tokens that are limited to an app go with it. */
  static async load({ store, apps, events, log }: { store: Store; apps: Apps; events: CoreEvents; log: Log }): Promise<Tokens> {
    const tokens = new Tokens(store, log)
    for (const row of await store.select().from(tokensTable).orderBy(tokensTable.number)) {
      const token = tokenOf(row)
      tokens.#byHash.set(row.hash, { token, addresses: addressesOf(token) })
    }
    const forget = (app: string) => tokens.#forget(app).catch((error: unknown) => log.error({ err: error, app }, 'its tokens remain'))
    const lost = tokens.list().flatMap(({ app }) => (app === undefined || apps.find(app) ? [] : [app]))
    for (const app of new Set(lost)) await forget(app)
    events.on('app.changed', (app, change) => {
      if (change === 'DELETED') void forget(app.name)
    })
    return tokens
  }

  /** In the order in which they were created. */
  list(): Token[] {
    return [...this.#byHash.values()].map(({ token }) => token)
  }

  /** @param id Its id, or its number. @throws {MediaError} `NOT_FOUND` */
  get(id: string): Token {
    const token = this.list().find((one) => one.id === id || String(one.number) === id)
    if (!token) throw new MediaError('NOT_FOUND', { id })
    return token
  }

  /** Whether anybody can present a token that counts. */
  get anyValid(): boolean {
    return this.list().some(({ revokedAt }) => revokedAt === undefined)
  }

  /**
   * Who presents this secret. Looking up its hash tells an attacker who measures time nothing about any secret.
   *
   * @param remoteAddress Absent: a token that names addresses is worth nothing.
   */
  verify(secret: string, remoteAddress?: string): Caller | undefined {
    const hash = hashOf(secret)
    const kept = this.#byHash.get(hash)
    if (!kept) return this.#lent.verify(hash)
    const { token, addresses } = kept
    if (token.revokedAt !== undefined) return undefined
    if (addresses && !(remoteAddress !== undefined && addresses.has(remoteAddress))) return undefined
    token.lastUsedAt = new Date()
    this.#uses.note(token)
    return callerOf(token)
  }

  /** Lends a token for a while, as `LentTokens.lend` does. */
  lend({ name: _name, ...options }: TokenOptions): { secret: string; endsAt: Date } {
    const secret = `lt_${randomBytes(32).toString('base64url')}`
    return { secret, endsAt: this.#lent.lend(hashOf(secret), callerOf({ ...options, id: newId('TO') })) }
  }

  /**
   * @returns The token and its secret, which can not be read again.
   * @throws {MediaError} `INPUT_INVALID` for one without a name or grants, with an address that is none, or limited to a room without its app.
   */
  async create(options: TokenOptions): Promise<{ token: Token; secret: string }> {
    const { name, grants, app, room } = options
    if (!TOKEN_NAME.test(name)) throw new MediaError('INPUT_INVALID', { field: 'name', reason: 'must be 1 to 100 characters on one line' })
    if (grants.length === 0) throw new MediaError('INPUT_INVALID', { field: 'grants', reason: 'must name at least one' })
    if (room !== undefined && app === undefined)
      throw new MediaError('INPUT_INVALID', { field: 'app', reason: 'must be given with a room' })
    const secret = `sk_${randomBytes(32).toString('base64url')}`
    return { token: await this.keep(secret, options), secret }
  }

  /** Keeps a token whose secret somebody else chose. Doing it again with the same secret changes nothing. */
  async keep(secret: string, options: TokenOptions): Promise<Token> {
    const hash = hashOf(secret)
    const known = this.#byHash.get(hash)
    if (known) return known.token
    const addresses = addressesOf(options)
    const made = { ...options, id: newId('TO'), createdAt: new Date() }
    const row = { ...made, hash, grants: [...made.grants], allowedIps: made.allowedIps ? [...made.allowedIps] : null }
    const [inserted] = await this.#store.insert(tokensTable).values(row).returning({ number: tokensTable.number })
    const token: Token = { ...made, number: inserted?.number ?? 0 }
    this.#byHash.set(hash, { token, addresses })
    return token
  }

  /** Makes a token worthless at once; it stays listed. Doing it again changes nothing. @throws {MediaError} `NOT_FOUND` */
  async revoke(id: string): Promise<Token> {
    const token = this.get(id)
    if (token.revokedAt !== undefined) return token
    token.revokedAt = new Date()
    this.#tell(token)
    try {
      await this.#store.update(tokensTable).set({ revokedAt: token.revokedAt }).where(eq(tokensTable.id, token.id))
    } catch (error) {
      delete token.revokedAt
      throw error
    }
    return token
  }

  /** Tells of each token that is worthless from now on, so that what it opened can be closed. */
  onRevoked(tell: (token: Token) => void): void {
    this.#onRevoked.push(tell)
  }

  /** Writes when they were used last. */
  close(): Promise<void> {
    return this.#uses.close()
  }

  #tell(token: Token): void {
    for (const tell of this.#onRevoked) tell(token)
  }

  async #forget(app: string): Promise<void> {
    this.#lent.forget(app)
    for (const [hash, { token }] of this.#byHash) {
      if (token.app !== app) continue
      this.#byHash.delete(hash)
      this.#tell(token)
    }
    await this.#store.delete(tokensTable).where(eq(tokensTable.app, app))
  }

  async #writeUses(used: readonly Token[]): Promise<void> {
    for (const { id, lastUsedAt } of used) {
      if (lastUsedAt) await this.#store.update(tokensTable).set({ lastUsedAt }).where(eq(tokensTable.id, id))
    }
  }
}

function tokenOf({ id, number, name, grants, createdAt, ...row }: typeof tokensTable.$inferSelect): Token {
  const { app, room, allowedIps, lastUsedAt, revokedAt } = row
  return {
    ...{ id, number, name, grants, createdAt },
    ...(app !== null && { app }),
    ...(room !== null && { room }),
    ...(allowedIps && { allowedIps }),
    ...(lastUsedAt && { lastUsedAt }),
    ...(revokedAt && { revokedAt }),
  }
}

function callerOf({ id, grants, app, room }: Omit<TokenOptions, 'name'> & { id: string }): Caller {
  return { id, kind: 'TOKEN', grants, ...(app !== undefined && { app }), ...(room !== undefined && { room }) }
}

/** @throws {MediaError} `INPUT_INVALID` naming the range that can not be read. */
function addressesOf({ allowedIps }: Pick<TokenOptions, 'allowedIps'>): AddressSet | undefined {
  if (!allowedIps || allowedIps.length === 0) return undefined
  if (allowedIps.length > MOST_ADDRESSES) {
    throw new MediaError('INPUT_INVALID', { field: 'allowedIps', reason: `must be at most ${MOST_ADDRESSES} addresses` })
  }
  try {
    return new AddressSet(allowedIps)
  } catch (error) {
    throw new MediaError('INPUT_INVALID', { field: 'allowedIps', reason: `must be addresses and CIDR ranges: ${messageOf(error)}` })
  }
}

/** How a secret with enough randomness of its own is kept at rest. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
