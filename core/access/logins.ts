import { randomBytes } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/database.ts'
import { AttemptLimit } from './attempt-limit.ts'
import type { Caller } from './caller.ts'
import { LASTS_MS, type LoginSession, LoginSessions } from './login-sessions.ts'
import { isSameSecret } from './passwords.ts'
import { RIGHTS } from './role.ts'
import type { Tenants } from './tenants.ts'
import type { User, Users } from './users.ts'

export type LoginSettings = {
  /** Key of session tokens; absent: nobody can log in. */
  readonly jwtSecret?: string
  /** Who may do everything, whatever the registry says. */
  readonly administrator?: { readonly name: string; readonly password: string }
  /** Whether strangers may make an account and a tenant of their own. */
  readonly signUp: boolean
}

type LoginsDependencies = { store: Store; users: Users; tenants: Tenants; settings: LoginSettings; log: Log }

/** Somebody who has logged in. */
export type Login = { readonly token: string; readonly session: LoginSession }

const QUARTER_HOUR_MS = 15 * 60_000

/** People's logins: a JWT for twelve hours, worth something for as long as its session lasts. */
export class Logins {
  readonly sessions: LoginSessions
  /** Ten tries of an address in a quarter of an hour. */
  readonly attempts = new AttemptLimit({ limit: 10, windowMs: QUARTER_HOUR_MS })
  readonly #signUps = new AttemptLimit({ limit: 10, windowMs: QUARTER_HOUR_MS })
  readonly #of: Omit<LoginsDependencies, 'store'>
  readonly #sign: ((claims: { sub: string; sid: string; iat: number; exp: number }) => string) | undefined
  readonly #read: ((token: string) => unknown) | undefined

  private constructor(dependencies: Omit<LoginsDependencies, 'store'>, sessions: LoginSessions) {
    this.#of = dependencies
    this.sessions = sessions
    const { jwtSecret: key } = dependencies.settings
    this.#sign = key === undefined ? undefined : createSigner({ key, algorithm: 'HS256' })
    this.#read =
      key === undefined ? undefined : createVerifier({ key, algorithms: ['HS256'], requiredClaims: ['sub', 'sid', 'iat', 'exp'] })
    dependencies.users.onChanged((user, change) => {
      for (const session of sessions.list().filter((one) => one.user === user.id)) {
        if (change === 'RIGHTS') sessions.tell(session)
        else void this.#end(session)
      }
    })
  }

  static async load({ store, ...dependencies }: LoginsDependencies): Promise<Logins> {
    return new Logins(dependencies, await LoginSessions.load(store, dependencies.log))
  }

  get signUpAllowed(): boolean {
    return this.#of.settings.signUp && this.#sign !== undefined
  }

  /** @throws {MediaError} `UNAUTHENTICATED` whatever is wrong, `RATE_LIMITED` or `OVERLOADED`. */
  async login(name: string, password: string, remoteAddress?: string): Promise<Login> {
    this.attempts.take(remoteAddress ?? '')
    // Both are always looked at, so that time does not tell which of them exists.
    const user = await this.#of.users.authenticate(name, password)
    const isAdministrator = this.#isAdministrator(name, password)
    if (!this.#sign || !(isAdministrator || user)) throw new MediaError('UNAUTHENTICATED')
    return this.#open(isAdministrator ? undefined : user, remoteAddress)
  }

  /**
   * Makes an account that owns a tenant of its own, with the free plan, and logs it in.
   *
   * @throws {MediaError} `SIGN_UP_DISABLED`, `INPUT_INVALID` naming the field, `CONFLICT` when the address is taken, or `RATE_LIMITED`.
   */
  async signUp(email: string, password: string, remoteAddress?: string): Promise<Login> {
    const { users, tenants } = this.#of
    if (!this.signUpAllowed) throw new MediaError('SIGN_UP_DISABLED')
    this.#signUps.take(remoteAddress ?? '')
    const tenant = await tenants.create(tenantNameFor(email))
    try {
      return await this.#open(await users.create({ email, password, tenant: tenant.name, role: 'OWNER' }), remoteAddress)
    } catch (error) {
      await tenants.delete(tenant.name)
      throw error
    }
  }

  /** Who presents this token. Nobody, when it is forged or expired, or its session has ended. */
  verify(token: string, _remoteAddress?: string): Caller | undefined {
    const session = this.#sessionOf(token)
    if (!session) return undefined
    const { id } = session
    if (session.user === undefined) return this.#of.settings.administrator && { id, kind: 'USER', grants: ['MANAGE'] }
    const user = this.#of.users.find(session.user)
    return user && { id, kind: 'USER', ...RIGHTS[user.role], tenant: user.tenant, metered: true }
  }

  /** The session by which a caller is logged in. */
  sessionOf({ kind, id }: Caller): LoginSession | undefined {
    return kind === 'USER' ? this.sessions.find(id) : undefined
  }

  /** The user as whom a caller is logged in; none for the administrator. */
  userOf(caller: Caller): User | undefined {
    const user = this.sessionOf(caller)?.user
    return user === undefined ? undefined : this.#of.users.find(user)
  }

  /** The name of the administrator, or the id of the user, whose session it is. */
  subjectOf({ user }: LoginSession): string {
    return user ?? this.#of.settings.administrator?.name ?? 'admin'
  }

  close(): void {
    this.sessions.close()
  }

  async #open(user: User | undefined, remoteAddress: string | undefined): Promise<Login> {
    const session = await this.sessions.open({ ...(user && { user: user.id }), ...(remoteAddress !== undefined && { remoteAddress }) })
    const exp = Math.floor(session.endsAt.getTime() / 1_000)
    const claims = { sub: this.subjectOf(session), sid: session.id, iat: exp - LASTS_MS / 1_000, exp }
    return { token: this.#sign?.(claims) ?? '', session }
  }

  #isAdministrator(name: string, password: string): boolean {
    const { administrator } = this.#of.settings
    const matches = [isSameSecret(name, administrator?.name ?? ''), isSameSecret(password, administrator?.password ?? '')]
    return administrator !== undefined && matches.every(Boolean)
  }

  #sessionOf(token: string): LoginSession | undefined {
    if (!this.#read) return undefined
    try {
      const { sid } = this.#read(token) as { sid: unknown }
      return typeof sid === 'string' ? this.sessions.find(sid) : undefined
    } catch {
      // Whatever is wrong with it, it is no login.
      return undefined
    }
  }

  async #end(session: LoginSession): Promise<void> {
    try {
      await this.sessions.end(session.id)
    } catch (error) {
      this.#of.log.warn({ err: error, session: session.id }, 'an ended session could not be removed')
    }
  }
}

/** Readable, and nobody else's. */
function tenantNameFor(email: string): string {
  const name = /^[a-z0-9-]*/.exec(email.trim().toLowerCase())?.[0].replace(/^-+|-+$/g, '') ?? ''
  return `${name.slice(0, 24) || 'tenant'}-${randomBytes(5).toString('hex')}`
}
