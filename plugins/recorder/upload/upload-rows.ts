import { asc, eq } from '../../kit/tables.ts'
import type { RecordingDatabase } from '../store.ts'
import { uploads } from '../tables.ts'

export type UploadRow = typeof uploads.$inferSelect
export type NewUpload = Pick<UploadRow, 'recording' | 'file' | 'key'>

/** What is on its way is not queued again. */
export async function queueUpload(db: RecordingDatabase, upload: NewUpload): Promise<void> {
  await db.insert(uploads).values(upload).onConflictDoNothing()
}

/** Those of an app that are to be uploaded, the oldest first. */
export async function queuedUploads(db: RecordingDatabase): Promise<UploadRow[]> {
  return db.select().from(uploads).orderBy(asc(uploads.number))
}

export async function uploadsOf(db: RecordingDatabase, recording: number): Promise<UploadRow[]> {
  return db.select().from(uploads).where(eq(uploads.recording, recording)).orderBy(asc(uploads.number))
}

export async function uploadFailed(db: RecordingDatabase, { number, attempts }: UploadRow, error: string): Promise<void> {
  await db
    .update(uploads)
    .set({ attempts: attempts + 1, error })
    .where(eq(uploads.number, number))
}

export async function forgetUpload(db: RecordingDatabase, { number }: UploadRow): Promise<void> {
  await db.delete(uploads).where(eq(uploads.number, number))
}

export async function forgetUploadsOf(db: RecordingDatabase, recording: number): Promise<void> {
  await db.delete(uploads).where(eq(uploads.recording, recording))
}
