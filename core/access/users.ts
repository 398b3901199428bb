import { MediaError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { users as usersTable } from '../store/tables.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import type { Role } from './role.ts'
import type { Tenants } from './tenants.ts'

export type User = {
  readonly id: string
  /** In lower case. */
  readonly email: string
  readonly tenant: string
  readonly role: Role
  readonly createdAt: Date
}

export type NewUser = { email: string; password: string; tenant: string; role: Role }
export type UserChange = { email?: string; password?: string; role?: Role }

type Kept = User & { readonly passwordHash: string }
type Follower = (user: User, change: 'RIGHTS' | 'PASSWORD' | 'DELETED') => void

const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,190}$/u
const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 200

/** The people who log in, each in one tenant and one role. */
export class Users {
  readonly #store: Store
  readonly #tenants: Tenants
  readonly #byId = new Map<string, Kept>()
  /** Addresses of users that are being made, so that none is given twice. */
  readonly #claimed = new Set<string>()
  readonly #followers: Follower[] = []

  private constructor(store: Store, tenants: Tenants) {
    this.#store = store
    this.#tenants = tenants
  }

  static async load({ store, tenants }: { store: Store; tenants: Tenants }): Promise<Users> {
    const users = new Users(store, tenants)
    for (const row of await store.select().from(usersTable)) users.#byId.set(row.id, row)
    tenants.onDeleted(async ({ name }) => {
      for (const { id, tenant } of users.list()) if (tenant === name) await users.delete(id)
    })
    return users
  }

  /** By address. */
  list(): User[] {
    return [...this.#byId.values()].sort((a, b) => (a.email < b.email ? -1 : 1))
  }

  find(id: string): User | undefined {
    return this.#byId.get(id)
  }

  /** @throws {MediaError} `NOT_FOUND` */
  get(id: string): User {
    return this.#kept(id)
  }

  /** @throws {MediaError} `INPUT_INVALID` naming the field, `NOT_FOUND` for the tenant, or `CONFLICT` when the address is taken. */
  async create({ email: given, password, tenant, role }: NewUser): Promise<User> {
    const email = emailIn(given)
    requirePassword(password)
    this.#tenants.get(tenant)
    return this.#claiming(email, async () => {
      const user = { id: newId('US'), email, tenant, role, createdAt: new Date(), passwordHash: await hashPassword(password) }
      await this.#store.insert(usersTable).values(user)
      this.#byId.set(user.id, user)
      return user
    })
  }

  /** @throws {MediaError} as `create` does, and `NOT_FOUND`. */
  async update(id: string, { email: given, password, role }: UserChange): Promise<User> {
    const known = this.#kept(id)
    const email = given === undefined ? known.email : emailIn(given)
    if (password !== undefined) requirePassword(password)
    const change = async () => {
      const passwordHash = password === undefined ? known.passwordHash : await hashPassword(password)
      const user = { ...this.#kept(id), email, role: role ?? known.role, passwordHash }
      await this.#store.update(usersTable).set(user).where(eq(usersTable.id, id))
      this.#byId.set(id, user)
      if (password !== undefined) this.#tell(user, 'PASSWORD')
      else if (role !== undefined && role !== known.role) this.#tell(user, 'RIGHTS')
      return user
    }
    return email === known.email ? change() : this.#claiming(email, change)
  }

  /** @throws {MediaError} `NOT_FOUND` */
  async delete(id: string): Promise<User> {
    const user = this.#kept(id)
    this.#byId.delete(id)
    this.#tell(user, 'DELETED')
    await this.#store.delete(usersTable).where(eq(usersTable.id, id))
    return user
  }

  /** Whose address and password these are. It takes the same time whether there is such a user or not. */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const user = this.#withEmail(email.trim().toLowerCase())
    return (await verifyPassword(password, user?.passwordHash)) ? user : undefined
  }

  /** Tells when somebody can do less than before, or has to log in again. */
  onChanged(tell: Follower): void {
    this.#followers.push(tell)
  }

  #tell(user: User, change: Parameters<Follower>[1]): void {
    for (const tell of this.#followers) tell(user, change)
  }

  #kept(id: string): Kept {
    const user = this.#byId.get(id)
    if (!user) throw new MediaError('NOT_FOUND', { user: id })
    return user
  }

  #withEmail(email: string): Kept | undefined {
    for (const user of this.#byId.values()) if (user.email === email) return user
    return undefined
  }

  async #claiming<T>(email: string, work: () => Promise<T>): Promise<T> {
    if (this.#claimed.has(email) || this.#withEmail(email)) {
      throw new MediaError('CONFLICT', { field: 'email', reason: 'somebody has this address already' })
    }
    this.#claimed.add(email)
    try {
      return await work()
    } finally {
      this.#claimed.delete(email)
    }
  }
}

function emailIn(given: string): string {
  const email = given.trim().toLowerCase()
  if (!EMAIL.test(email) || email.length > 200)
    throw new MediaError('INPUT_INVALID', { field: 'email', reason: 'must be an e-mail address' })
  return email
}

function requirePassword(password: string): void {
  if (password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD) return
  throw new MediaError('INPUT_INVALID', { field: 'password', reason: `must be ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters` })
}
