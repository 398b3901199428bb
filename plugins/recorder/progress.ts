import { join } from 'node:path'
import { Feed } from '../../core/kernel/feed.ts'
import { sizeOf } from './files.ts'
import type { RecordingOf } from './recording-type.ts'
import type { Recordings } from './recordings.ts'
import type { RecordingRow } from './store.ts'

export type Progress = { recording: RecordingOf; seconds: number; sizeBytes: number; uploadedBytes: number }

const PROGRESS_MS = 1_000

async function progressOf(recordings: Recordings, app: string, id: number | string): Promise<Progress> {
  const row = await recordings.get(app, id)
  const endedAt = row.endedAt ?? new Date()
  const onDisk = async () => (row.file === null ? 0 : sizeOf(join(await recordings.folderOf(app), row.file)))
  const sizeBytes = (await recordings.running(row)?.sizeBytes()) ?? row.sizeBytes ?? (await onDisk())
  const seconds = row.durationMs === null ? (endedAt.getTime() - row.startedAt.getTime()) / 1000 : row.durationMs / 1000
  return { recording: { app, row }, seconds, sizeBytes, uploadedBytes: recordings.arrivedBytes(app, row) }
}

/** How a recording comes along, until nothing more becomes of it. */
export async function watchProgress(
  recordings: Recordings,
  app: string,
  id: number | string,
  signal: AbortSignal,
): Promise<Feed<Progress>> {
  const { id: wanted } = await recordings.get(app, id)
  const tell = async () => {
    const progress = await progressOf(recordings, app, wanted).catch(() => undefined)
    if (progress) feed.push(progress)
    if (!progress || ['READY', 'FAILED'].includes(progress.recording.row.state)) feed.end()
  }
  const changed = (_app: string, row: RecordingRow) => {
    if (row.id === wanted) void tell()
  }
  const timer = setInterval(() => void tell(), PROGRESS_MS)
  const feed = new Feed<Progress>({
    keyOf: () => wanted,
    onEnd: () => {
      clearInterval(timer)
      recordings.events.off('changed', changed).off('deleted', changed)
    },
  })
  recordings.events.on('changed', changed).on('deleted', changed)
  signal.addEventListener('abort', () => feed.end(), { once: true })
  await tell()
  return feed
}
