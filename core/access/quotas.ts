import type { Apps } from '../app/apps.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Store } from '../store/database.ts'
import { DeferredWrites } from '../store/deferred-writes.ts'
import { eq } from '../store/drizzle.ts'
import { type MonthlyMetric, type TenantLimits, usage as usageTable } from '../store/tables.ts'
import type { Caller } from './caller.ts'
import { FREE_PLAN, type Tenants } from './tenants.ts'

const COUNTED = ['maxApps', 'maxConcurrentStreams', 'maxRecordingMinutesMonth', 'maxEgressGbMonth'] as const
type CountedMetric = (typeof COUNTED)[number]

export type Metric = keyof TenantLimits
export type { MonthlyMetric }

/** `limit` -1: none. */
export type Quota = { readonly metric: CountedMetric; readonly limit: number; readonly used: number }

/** Whose quota: with a caller, only if the caller is metered; without one, the tenant's. */
export type QuotaPlace = { readonly tenant: string; readonly caller?: Caller }

type QuotasDependencies = { store: Store; tenants: Tenants; apps: Apps; rooms: Rooms; log: Log }
type Counted = { readonly tenant: string; readonly month: string; readonly metric: MonthlyMetric; amount: number }

/** What is used is written at most this late. */
const WRITE_AFTER_MS = 10_000

/** How much each tenant uses of what it may: counted where it happens, and over months in the registry. */
export class Quotas {
  readonly #of: QuotasDependencies
  readonly #counted = new Map<string, Counted>()
  /** What is being made at this moment, and not counted elsewhere yet. */
  readonly #making = new Map<string, number>()
  readonly #writes: DeferredWrites<Counted>

  private constructor(dependencies: QuotasDependencies) {
    this.#of = dependencies
    this.#writes = new DeferredWrites({ waitMs: WRITE_AFTER_MS, log: dependencies.log, write: (counted) => this.#write(counted) })
  }

  static async load(dependencies: QuotasDependencies): Promise<Quotas> {
    const quotas = new Quotas(dependencies)
    const rows = await dependencies.store.select().from(usageTable).where(eq(usageTable.month, thisMonth()))
    for (const row of rows) quotas.#counted.set(keyOf(row), row)
    return quotas
  }

  /**
   * Storage is reported where it is measured, and refuses nobody.
   *
   * @throws {MediaError} `QUOTA_EXCEEDED` with `metric`, `limit` and `used`, when nothing is left.
   */
  require(metric: Metric, { tenant, caller }: QuotaPlace): void {
    if (metric === 'maxStorageGb' || (caller && !caller.metered)) return
    const { limit, used } = this.#quota(metric, tenant)
    if (limit !== -1 && used >= limit) throw new MediaError('QUOTA_EXCEEDED', { metric, limit, used })
  }

  /**
   * Makes something that a quota counts. While it is being made it counts as well, so that two at once do not both get the last place.
   *
   * @throws {MediaError} as `require` does.
   */
  async within<T>(metric: Metric, place: QuotaPlace, make: () => Promise<T>): Promise<T> {
    this.require(metric, place)
    const key = `${place.tenant}/${metric}`
    this.#making.set(key, (this.#making.get(key) ?? 0) + 1)
    try {
      return await make()
    } finally {
      this.#making.set(key, (this.#making.get(key) ?? 1) - 1)
    }
  }

  /** Every quota of a tenant that is counted here. */
  list(tenant: string): Quota[] {
    return COUNTED.map((metric) => this.#quota(metric, tenant))
  }

  /** Counts what a tenant has used up this month. @param amount In the metric's unit; parts of one add up. */
  use(tenant: string, metric: MonthlyMetric, amount: number): void {
    const month = thisMonth()
    const key = keyOf({ tenant, month, metric })
    const counted = this.#counted.get(key) ?? { tenant, month, metric, amount: 0 }
    counted.amount += Math.max(amount, 0)
    this.#counted.set(key, counted)
    this.#writes.note(counted)
  }

  /** Writes what was used. */
  close(): Promise<void> {
    return this.#writes.close()
  }

  #quota(metric: CountedMetric, tenant: string): Quota {
    const { limits } = this.#of.tenants.find(tenant) ?? { limits: FREE_PLAN }
    return { metric, limit: limits[metric], used: this.#used(metric, tenant) }
  }

  #used(metric: CountedMetric, tenant: string): number {
    const making = this.#making.get(`${tenant}/${metric}`) ?? 0
    switch (metric) {
      case 'maxApps':
        return making + this.#of.apps.list().filter((app) => app.tenant === tenant).length
      case 'maxConcurrentStreams': {
        const rooms = this.#of.rooms.list().filter(({ app }) => app.tenant === tenant)
        return making + rooms.reduce((sum, { publishers }) => sum + publishers.length, 0)
      }
      case 'maxRecordingMinutesMonth':
      case 'maxEgressGbMonth':
        return this.#counted.get(keyOf({ tenant, month: thisMonth(), metric }))?.amount ?? 0
    }
  }

  async #write(counted: readonly Counted[]): Promise<void> {
    const { store } = this.#of
    for (const row of counted) {
      const target = [usageTable.tenant, usageTable.month, usageTable.metric]
      await store
        .insert(usageTable)
        .values(row)
        .onConflictDoUpdate({ target, set: { amount: row.amount } })
    }
    for (const [key, { month }] of this.#counted) if (month !== thisMonth()) this.#counted.delete(key)
  }
}

function thisMonth(): string {
  return new Date().toISOString().slice(0, 7)
}

function keyOf({ tenant, month, metric }: Pick<Counted, 'tenant' | 'month' | 'metric'>): string {
  return `${month}/${tenant}/${metric}`
}
