import type { AppDeletion } from '../../core/app/apps.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { RecorderHost } from './host.ts'
import type { Recordings } from './recordings.ts'
import { resume } from './recovery.ts'
import type { RecordingRow } from './store.ts'

const DELETED_AT_ONCE = 8

/** Ends what runs in an app that is about to go; when its recordings can not be deleted with it, they go on. */
export async function beforeDeletion(host: RecorderHost, recordings: Recordings, name: string, deletion: AppDeletion): Promise<void> {
  await recordings.endAll(deletion.recordings ? 'DELETED' : 'REQUESTED', name)
  if (!deletion.recordings) return
  try {
    await deleteAll(recordings, name)
  } catch (error) {
    await resume(host, recordings, await host.core.apps.get(name))
    throw error
  }
}

/**
 * Deletes all recordings of an app with their files and objects. Those with objects go first: when the bucket can not be reached, nothing
 * is deleted.
 *
 * @param longestMs Then it gives up. What is gone by then is gone, and the next try has less to do.
 * @throws {MediaError} `STORAGE_FAILED`
 */
async function deleteAll(recordings: Recordings, app: string, longestMs = 60_000): Promise<void> {
  const giveUpAt = Date.now() + longestMs
  const { rows } = await recordings.list(app, { filter: {}, order: 'NUMBER', descending: false })
  for (const left of [rows.filter(hasObjects), rows.filter((row) => !hasObjects(row))]) {
    while (left.length > 0) {
      if (Date.now() > giveUpAt) throw new MediaError('STORAGE_FAILED', { app, reason: 'there are many recordings: ask again' })
      const batch = left.splice(0, DELETED_AT_ONCE)
      // All of them come to their end: a second try must not meet the first.
      const results = await Promise.allSettled(batch.map((row) => deleteOne(recordings, app, row)))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
    }
  }
}

function hasObjects({ objectKey, snapshotKey }: RecordingRow): boolean {
  return objectKey !== null || snapshotKey !== null
}

/** Somebody else may have deleted it meanwhile. */
async function deleteOne(recordings: Recordings, app: string, { id }: RecordingRow): Promise<void> {
  try {
    await recordings.delete(app, id)
  } catch (error) {
    if (!(error instanceof MediaError && error.code === 'NOT_FOUND')) throw error
  }
}
