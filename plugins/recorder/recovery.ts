import type { AppInfo } from '../kit/core-api.ts'
import type { RecorderHost } from './host.ts'
import type { Recordings } from './recordings.ts'
import { sourceOf } from './sources.ts'
import type { RecordingRow } from './store.ts'

/**
 * Takes up what an earlier run of the plugin, or of the whole server, left behind: a recording whose source is there, or comes back soon,
 * goes on in another file; what is over is finished.
 */
export async function recover(host: RecorderHost, recordings: Recordings, app: AppInfo): Promise<void> {
  const rows = await recordings.store.unfinished(app.name)
  for (const row of rows) {
    const isLast = !rows.some(({ session, part }) => session === row.session && part > row.part)
    if (row.state === 'RECORDING' && isLast) await takeUp(host, recordings, app, row)
    else recordings.settle(app, await recordings.partOf(app, row), isLast)
  }
}

/** Goes on with those that were ended for good and then had to stay after all. */
export async function resume(host: RecorderHost, recordings: Recordings, app: AppInfo): Promise<void> {
  const ended = (await recordings.store.unfinished(app.name)).filter(
    (row) => row.state === 'RECORDING' && !recordings.running(row) && row.endedAt === null,
  )
  for (const row of ended) await takeUp(host, recordings, app, row)
}

async function takeUp(host: RecorderHost, recordings: Recordings, app: AppInfo, row: RecordingRow): Promise<void> {
  host.log.info({ app: app.name, room: row.room, recording: row.id }, 'taking up a recording again')
  await recordings.store.endSegment(app.name, row.number, 'RESTART')
  // Each waits for its source as long as any other does.
  recordings
    .run(app, row, sourceOf(host, row))
    .catch((error: unknown) => host.log.error({ err: error, app: app.name, recording: row.id }, 'a recording could not be taken up again'))
}
