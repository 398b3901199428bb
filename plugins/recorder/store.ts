import type { Host } from '../kit/host.ts'
import { and, asc, desc, eq, inArray, isNull } from '../kit/tables.ts'
import type { Codecs } from './source.ts'
import { recordings, rules, segments, uploads, variants } from './tables.ts'

const MIGRATIONS = new URL('./migrations', import.meta.url)

export type RecordingRow = typeof recordings.$inferSelect
export type SegmentRow = typeof segments.$inferSelect
export type NewRecordingRow = typeof recordings.$inferInsert
export type RecordingDatabase = Awaited<ReturnType<typeof openDatabase>>

/** What is kept of recordings, in the database of each app. */
export class RecordingStore {
  readonly #db: Host['db']
  readonly #open = new Map<string, Promise<RecordingDatabase>>()

  constructor(db: Host['db']) {
    this.#db = db
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  of(app: string): Promise<RecordingDatabase> {
    const known = this.#open.get(app)
    if (known) return known
    const opening = openDatabase(this.#db, app)
    this.#open.set(app, opening)
    opening.catch(() => this.#open.delete(app))
    return opening
  }

  /** The app is gone, and its database with it. */
  forget(app: string): void {
    this.#open.delete(app)
  }

  async insert(app: string, row: NewRecordingRow): Promise<RecordingRow> {
    const [inserted] = await (await this.of(app)).insert(recordings).values(row).returning()
    if (!inserted) throw new Error('the row was not inserted')
    return inserted
  }

  async update(app: string, number: number, change: Partial<NewRecordingRow>): Promise<RecordingRow | undefined> {
    const [updated] = await (await this.of(app)).update(recordings).set(change).where(eq(recordings.number, number)).returning()
    return updated
  }

  async find(app: string, id: number | string): Promise<RecordingRow | undefined> {
    const by = typeof id === 'number' ? eq(recordings.number, id) : eq(recordings.id, id)
    const [row] = await (await this.of(app)).select().from(recordings).where(by)
    return row
  }

  async delete(app: string, number: number): Promise<void> {
    const db = await this.of(app)
    for (const table of [segments, uploads, variants]) await db.delete(table).where(eq(table.recording, number))
    await db.delete(recordings).where(eq(recordings.number, number))
  }

  /** Those that an earlier run left behind, oldest first. */
  async unfinished(app: string): Promise<RecordingRow[]> {
    const db = await this.of(app)
    return db
      .select()
      .from(recordings)
      .where(inArray(recordings.state, ['RECORDING', 'UPLOADING']))
      .orderBy(asc(recordings.number))
  }

  async addSegment(app: string, segment: { recording: number; file: string; codecs: Codecs }): Promise<void> {
    await (await this.of(app)).insert(segments).values({ ...segment, startedAt: new Date() })
  }

  /** Why the last segment ended, unless that is known. */
  async endSegment(app: string, recording: number, cause: string): Promise<void> {
    const db = await this.of(app)
    const [last] = await db.select().from(segments).where(eq(segments.recording, recording)).orderBy(desc(segments.number)).limit(1)
    if (last)
      await db
        .update(segments)
        .set({ cause })
        .where(and(eq(segments.number, last.number), isNull(segments.cause)))
  }

  /** In the order they were written. */
  async segments(app: string, recording: number): Promise<SegmentRow[]> {
    const db = await this.of(app)
    return db.select().from(segments).where(eq(segments.recording, recording)).orderBy(asc(segments.number))
  }

  /** All parts of one recording, in order. */
  async session(app: string, session: string): Promise<RecordingRow[]> {
    const db = await this.of(app)
    return db.select().from(recordings).where(eq(recordings.session, session)).orderBy(asc(recordings.part))
  }
}

function openDatabase(db: Host['db'], app: string) {
  return db.open({ app, tables: { recordings, segments, uploads, variants, rules }, migrationsFolder: MIGRATIONS })
}
