import type { Host } from '../kit/host.ts'
import { asc, eq, inArray } from '../kit/tables.ts'
import { recordings, segments } from './tables.ts'

const MIGRATIONS = new URL('./migrations', import.meta.url)

export type RecordingRow = typeof recordings.$inferSelect
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
    await db.delete(segments).where(eq(segments.recording, number))
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

  async addSegment(app: string, recording: number, file: string): Promise<void> {
    await (await this.of(app)).insert(segments).values({ recording, file, startedAt: new Date() })
  }

  /** Relative file names, in the order they were written. */
  async segments(app: string, recording: number): Promise<string[]> {
    const db = await this.of(app)
    const rows = await db.select().from(segments).where(eq(segments.recording, recording)).orderBy(asc(segments.number))
    return rows.map(({ file }) => file)
  }
}

function openDatabase(db: Host['db'], app: string) {
  return db.open({ app, tables: { recordings, segments }, migrationsFolder: MIGRATIONS })
}
