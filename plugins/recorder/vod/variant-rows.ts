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
export async function variantsOfAll(db: RecordingDatabase, recordings: readonly number[]): Promise<VariantRow[]> {
  return db
    .select()
    .from(variants)
    .where(inArray(variants.recording, [...recordings]))
    .orderBy(asc(variants.number))
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
