import { asc, eq, inArray } from '../../kit/tables.ts'
import type { RecordingDatabase } from '../store.ts'
import { variants } from '../tables.ts'

export type VariantRow = typeof variants.$inferSelect
export type NewVariant = Pick<VariantRow, 'kind' | 'format' | 'file'> & Partial<Pick<VariantRow, 'heightPx' | 'bitrateKbps'>>

/** Written down before anything is made, so that a restart goes on where this run ended. */
export async function planVariants(db: RecordingDatabase, recording: number, planned: readonly NewVariant[]): Promise<void> {
  if (planned.length === 0 || (await variantsOf(db, recording)).length > 0) return
  await db.insert(variants).values(planned.map((variant) => ({ ...variant, recording, state: 'WAITING' as const })))
}

export async function variantsOf(db: RecordingDatabase, recording: number): Promise<VariantRow[]> {
  return db.select().from(variants).where(eq(variants.recording, recording)).orderBy(asc(variants.number))
}

/** Of these recordings, all at once. */
async function variantsOfAll(db: RecordingDatabase, recordings: number[]): Promise<VariantRow[]> {
  return db.select().from(variants).where(inArray(variants.recording, recordings)).orderBy(asc(variants.number))
}

/** The next that is to be made, of any recording. */
export async function waitingVariants(db: RecordingDatabase): Promise<VariantRow[]> {
  return db.select().from(variants).where(eq(variants.state, 'WAITING')).orderBy(asc(variants.number))
}

export async function changeVariant(
  db: RecordingDatabase,
  { number }: Pick<VariantRow, 'number'>,
  change: Partial<VariantRow>,
): Promise<VariantRow | undefined> {
  const [changed] = await db.update(variants).set(change).where(eq(variants.number, number)).returning()
  return changed
}

/** Reads the variants of many recordings at once: those that are asked for in one turn. */
export class VariantReader {
  readonly #databases: (app: string) => Promise<RecordingDatabase>
  readonly #wanted = new Map<string, { readonly numbers: Set<number>; readonly rows: Promise<VariantRow[]> }>()

  constructor(databases: (app: string) => Promise<RecordingDatabase>) {
    this.#databases = databases
  }

  async of(app: string, recording: number): Promise<VariantRow[]> {
    const wanted = this.#wanted.get(app) ?? this.#begin(app)
    wanted.numbers.add(recording)
    return (await wanted.rows).filter((row) => row.recording === recording)
  }

  #begin(app: string) {
    const numbers = new Set<number>()
    const rows = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.#wanted.delete(app)
      return variantsOfAll(await this.#databases(app), [...numbers])
    })
    const wanted = { numbers, rows }
    this.#wanted.set(app, wanted)
    return wanted
  }
}
