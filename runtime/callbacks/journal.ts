import { setImmediate as turn } from 'node:timers/promises'
import type { App } from '../../core/app/app.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { AppStore } from '../../core/store/app-database.ts'
import { callbacks } from '../../core/store/app-tables.ts'
import { asc, count, eq, inArray, lte, sql } from '../../core/store/drizzle.ts'
import type { Message } from './sender.ts'

export type KeptMessage = Message & { readonly number: number; readonly attempts: number }

/** Callbacks of one app that may wait; of more, the oldest are dropped. */
const LIMIT = 10_000
/** Rows written in one statement. */
const CHUNK = 500
/** Due at once, whatever the clock says. */
const AT_ONCE = new Date(0)

/** What an app's receiver is still to be told, kept in the app's database so that it survives the server. */
export class Journal {
  readonly #app: App
  readonly #limit: number
  #store: Promise<AppStore> | undefined
  #closed = false
  #rows = 0
  #dropped = 0
  /** Not in the database yet. */
  #added: Message[] = []
  #done: number[] = []
  #writing: Promise<void> | undefined

  constructor(app: App, limit = LIMIT) {
    this.#app = app
    this.#limit = limit
  }

  get pending(): number {
    return this.#rows - this.#done.length + this.#added.length
  }

  /** Callbacks that were never told because too many waited. */
  get dropped(): number {
    return this.#dropped
  }

  /** Returns at once; it is written in a moment. */
  add(message: Message): void {
    this.#added.push(message)
    if (this.#added.length > this.#limit) {
      this.#added.shift()
      this.#dropped++
    }
    this.#flushSoon()
  }

  /** Forgets what was delivered or given up. */
  remove(number: number): void {
    this.#done.push(number)
    this.#flushSoon()
  }

  /** Writes what was added and removed; many at once, so that a burst costs few writes. */
  flush(): Promise<void> {
    this.#writing ??= this.#write()
    return this.#writing
  }

  /** What fails is kept, and told to whoever waits for the next flush. */
  #flushSoon(): void {
    this.flush().catch(() => {})
  }

  /** The oldest that may be tried now. */
  async due(limit = 50): Promise<KeptMessage[]> {
    const { number, id, event, body, attempts } = callbacks
    const rows = (await this.#open()).select({ number, id, event, body, attempts }).from(callbacks)
    return rows.where(lte(callbacks.dueAt, new Date())).orderBy(asc(number)).limit(limit)
  }

  /** When the next one may be tried; undefined when nothing waits. */
  async nextDueAt(): Promise<Date | undefined> {
    const store = await this.#open()
    const [row] = await store.select({ dueAt: callbacks.dueAt }).from(callbacks).orderBy(asc(callbacks.dueAt)).limit(1)
    return row?.dueAt
  }

  async defer(number: number, { attempts, dueAt, error }: { attempts: number; dueAt: Date; error: string }): Promise<void> {
    const store = await this.#open()
    await store.update(callbacks).set({ attempts, dueAt, lastError: error }).where(eq(callbacks.number, number))
  }

  /** Lets a waiting one be tried now. @returns It; undefined when none of this id waits. */
  async hasten(id: string): Promise<Message | undefined> {
    await this.flush()
    const { event, body } = callbacks
    const hastened = (await this.#open()).update(callbacks).set({ dueAt: AT_ONCE }).where(eq(callbacks.id, id))
    const [row] = await hastened.returning({ id: callbacks.id, event, body })
    return row
  }

  async clear(): Promise<void> {
    await this.flush()
    const store = await this.#open()
    await store.delete(callbacks)
    this.#rows = await countRows(store)
  }

  /** Lets the database be: its app is gone. */
  close(): void {
    this.#closed = true
  }

  #open(): Promise<AppStore> {
    if (this.#closed) return Promise.reject(new MediaError('APP_NOT_FOUND', { app: this.#app.name }))
    this.#store ??= this.#takeOver()
    this.#store.catch(() => {
      this.#store = undefined
    })
    return this.#store
  }

  /** What an earlier run left is due at once; what an earlier app of this name left is nobody's. */
  async #takeOver(): Promise<AppStore> {
    const store = await this.#app.store()
    await store.delete(callbacks).where(sql`json_extract(${callbacks.body}, '$.ts') < ${this.#app.createdAt.toISOString()}`)
    await store.update(callbacks).set({ dueAt: AT_ONCE })
    this.#rows = await countRows(store)
    return store
  }

  async #write(): Promise<void> {
    try {
      await turn()
      const store = await this.#open()
      while (this.#done.length > 0 || this.#added.length > 0) {
        await this.#writeDone(store)
        await this.#writeAdded(store)
        if (this.#rows > this.#limit) await this.#trim(store)
      }
    } finally {
      // At once: what is added from now on needs a write of its own.
      this.#writing = undefined
    }
  }

  async #writeDone(store: AppStore): Promise<void> {
    const done = this.#done.splice(0, CHUNK)
    if (done.length === 0) return
    try {
      const { rowsAffected } = await store.delete(callbacks).where(inArray(callbacks.number, done))
      this.#rows -= rowsAffected
    } catch (error) {
      this.#done.unshift(...done)
      throw error
    }
  }

  /** One that waits already, because two people asked for it, waits once. */
  async #writeAdded(store: AppStore): Promise<void> {
    const added = this.#added.splice(0, CHUNK)
    if (added.length === 0) return
    this.#rows += added.length
    let written = 0
    try {
      const rows = added.map((message) => ({ ...message, dueAt: AT_ONCE }))
      written = (await store.insert(callbacks).values(rows).onConflictDoNothing()).rowsAffected
    } catch (error) {
      this.#added.unshift(...added)
      throw error
    } finally {
      this.#rows -= added.length - written
    }
  }

  async #trim(store: AppStore): Promise<void> {
    const tooMany = this.#rows - this.#limit
    await store.delete(callbacks).where(sql`number in (select number from callbacks order by number limit ${tooMany})`)
    this.#dropped += tooMany
    this.#rows = await countRows(store)
  }
}

async function countRows(store: AppStore): Promise<number> {
  const [row] = await store.select({ rows: count() }).from(callbacks)
  return row?.rows ?? 0
}
