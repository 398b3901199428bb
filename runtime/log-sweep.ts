import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../core/store/database.ts'
import { sql } from '../core/store/drizzle.ts'

/** Lines kept at most, however young they are. */
const MOST_KEPT = 1_000_000
/** Lines deleted or measured at once; a few milliseconds of the store's time. */
const AT_ONCE = 5_000
/** What a line takes besides its texts: its other columns and its places in two indexes. */
const OVERHEAD_BYTES = 160
/** A part of what may be kept: after so much more was written it is time to sweep. */
const SWEPT_PER_FILLING = 16
const DAY_MS = 86_400_000

const BYTES = sql.raw(`length(CAST(message AS BLOB)) + coalesce(length(CAST(fields AS BLOB)), 0) + ${OVERHEAD_BYTES}`)

type LogSweepOptions = { store: Store; retentionDays: number; mostBytes: number }

/** Keeps the archive from getting too old, too long or too large: the oldest lines go. */
export class LogSweep {
  readonly #of: LogSweepOptions
  /** What the archive takes; measured by the first sweep. */
  #bytes: number | undefined
  #written = 0
  #isDue = false
  #last: Promise<void> = Promise.resolve()

  constructor(options: LogSweepOptions) {
    this.#of = options
  }

  /** Tells what was written. @returns Whether it has become time to sweep. */
  wrote(rows: readonly { message: string; fields: unknown }[]): boolean {
    for (const { message, fields } of rows) {
      this.#written += Buffer.byteLength(message) + (fields === null ? 0 : Buffer.byteLength(JSON.stringify(fields))) + OVERHEAD_BYTES
    }
    if (this.#isDue || this.#written <= this.#of.mostBytes / SWEPT_PER_FILLING) return false
    this.#isDue = true
    return true
  }

  /** One after the other, a few rows at a time. */
  sweep(now: number): Promise<void> {
    const done = this.#last.then(() => this.#sweep(now))
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Settles when no sweep is under way. */
  idle(): Promise<void> {
    return this.#last
  }

  async #sweep(now: number): Promise<void> {
    const { retentionDays, mostBytes } = this.#of
    this.#isDue = false
    const oldest = now - retentionDays * DAY_MS
    const old = sql`SELECT number FROM log_lines WHERE at < ${oldest} OR number <= (SELECT max(number) FROM log_lines) - ${MOST_KEPT}`
    while ((await this.#delete(sql`${old} LIMIT ${AT_ONCE}`)) === AT_ONCE) await nextTurn()
    this.#bytes = this.#bytes === undefined ? await this.#measure() : this.#bytes + this.#written
    this.#written = 0
    while (this.#bytes > mostBytes) {
      const deleted = await this.#delete(sql`SELECT number FROM log_lines ORDER BY number LIMIT ${AT_ONCE / 10}`)
      if (deleted === 0) this.#bytes = 0
      await nextTurn()
    }
  }

  /** @returns How many there were. */
  async #delete(numbers: ReturnType<typeof sql>): Promise<number> {
    const deleted = await this.#of.store.all<{ bytes: number }>(
      sql`DELETE FROM log_lines WHERE number IN (${numbers}) RETURNING ${BYTES} AS bytes`,
    )
    if (this.#bytes !== undefined) this.#bytes -= deleted.reduce((sum, { bytes }) => sum + bytes, 0)
    return deleted.length
  }

  async #measure(): Promise<number> {
    for (let [bytes, beyond] = [0, 0]; ; await nextTurn()) {
      const slice = sql`SELECT number, ${BYTES} AS bytes FROM log_lines WHERE number > ${beyond} ORDER BY number LIMIT ${AT_ONCE}`
      const [found] = await this.#of.store.all<{ bytes: number | null; last: number | null }>(
        sql`SELECT sum(bytes) AS bytes, max(number) AS last FROM (${slice})`,
      )
      // At once, so that nothing is written between the last look and the count that goes on from there.
      if (found?.last == null) return bytes
      bytes += found.bytes ?? 0
      beyond = found.last
    }
  }
}
