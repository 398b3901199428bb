import { type Apps, PLATFORM } from '../app/apps.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { type TenantLimits, tenants as tenantsTable } from '../store/tables.ts'

export type Tenant = {
  readonly name: string
  /** -1: without limit. */
  readonly limits: TenantLimits
  /** Absent: it has been there from the beginning. */
  readonly createdAt?: Date
}

/** What a tenant may use unless somebody says otherwise. */
export const FREE_PLAN: TenantLimits = {
  maxApps: 2,
  maxConcurrentStreams: 2,
  maxRecordingMinutesMonth: 300,
  maxEgressGbMonth: 5,
  maxStorageGb: 5,
}

const TENANT_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/
const UNLIMITED = Object.fromEntries(Object.keys(FREE_PLAN).map((metric) => [metric, -1])) as TenantLimits

/** Whom apps and users belong to, and how much each may use. `platform` is always there, and without limits. */
export class Tenants {
  readonly #store: Store
  readonly #apps: Apps
  readonly #byName = new Map<string, Tenant>([[PLATFORM, { name: PLATFORM, limits: UNLIMITED }]])
  readonly #onDeleted: ((tenant: Tenant) => Promise<void>)[] = []

  private constructor(store: Store, apps: Apps) {
    this.#store = store
    this.#apps = apps
  }

  static async load({ store, apps }: { store: Store; apps: Apps }): Promise<Tenants> {
    const tenants = new Tenants(store, apps)
    for (const { name, limits, createdAt } of await store.select().from(tenantsTable)) {
      tenants.#byName.set(name, { name, limits: { ...FREE_PLAN, ...limits }, createdAt })
    }
    return tenants
  }

  /** By name. */
  list(): Tenant[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): Tenant | undefined {
    return this.#byName.get(name)
  }

  /** @throws {MediaError} `NOT_FOUND` */
  get(name: string): Tenant {
    const tenant = this.#byName.get(name)
    if (!tenant) throw new MediaError('NOT_FOUND', { tenant: name })
    return tenant
  }

  /**
   * @param limits Where it differs from the free plan.
   * @throws {MediaError} `INPUT_INVALID`, or `CONFLICT` when the name is taken.
   */
  async create(name: string, limits: Partial<TenantLimits> = {}): Promise<Tenant> {
    if (!TENANT_NAME.test(name)) {
      throw new MediaError('INPUT_INVALID', { field: 'name', reason: 'must be 1 to 40 lower-case letters, digits and dashes' })
    }
    requireLimits(limits)
    if (this.#byName.has(name)) throw new MediaError('CONFLICT', { tenant: name, reason: 'the name is taken' })
    const tenant = { name, limits: { ...FREE_PLAN, ...limits }, createdAt: new Date() }
    this.#byName.set(name, tenant)
    try {
      await this.#store.insert(tenantsTable).values({ ...tenant, limits })
    } catch (error) {
      this.#byName.delete(name)
      throw error
    }
    return tenant
  }

  /** @throws {MediaError} `NOT_FOUND`, `INPUT_INVALID`, or `CONFLICT` for `platform`. */
  async update(name: string, limits: Partial<TenantLimits>): Promise<Tenant> {
    const known = this.#changeable(name)
    requireLimits(limits)
    const tenant = { ...known, limits: { ...known.limits, ...limits } }
    await this.#store.update(tenantsTable).set({ limits: tenant.limits }).where(eq(tenantsTable.name, name))
    this.#byName.set(name, tenant)
    return tenant
  }

  /** Deletes a tenant with its users. @throws {MediaError} `NOT_FOUND`, or `CONFLICT` while it has apps, and for `platform`. */
  async delete(name: string): Promise<Tenant> {
    const tenant = this.#changeable(name)
    const owned = this.#apps.list().filter((app) => app.tenant === name)
    if (owned.length > 0) throw new MediaError('CONFLICT', { tenant: name, reason: 'it has apps', apps: owned.map((app) => app.name) })
    for (const tell of this.#onDeleted) await tell(tenant)
    await this.#store.delete(tenantsTable).where(eq(tenantsTable.name, name))
    this.#byName.delete(name)
    return tenant
  }

  /** Tells of each tenant that is being deleted, and waits until what belongs to it is gone. */
  onDeleted(tell: (tenant: Tenant) => Promise<void>): void {
    this.#onDeleted.push(tell)
  }

  #changeable(name: string): Tenant {
    if (name === PLATFORM) throw new MediaError('CONFLICT', { tenant: name, reason: 'it is built in' })
    return this.get(name)
  }
}

function requireLimits(limits: Partial<TenantLimits>): void {
  for (const [metric, limit] of Object.entries(limits)) {
    if (!Number.isInteger(limit) || limit < -1) {
      throw new MediaError('INPUT_INVALID', { field: `limits.${metric}`, reason: 'must be a whole number, or -1 for no limit' })
    }
  }
}
