import type { AppInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { Place } from './delivery.ts'
import type { RecordingRow } from './store.ts'

type Bus = Pick<Host, 'events'>

/** Tells an app's webhook what becomes of its recordings. */
export class Callbacks {
  readonly #host: Bus

  constructor(host: Bus) {
    this.#host = host
  }

  started(app: AppInfo, row: RecordingRow): void {
    const { splitMinutes, snapshotSeconds } = row
    const mode = row.mode === 'PARTICIPANT' ? 'participant' : 'room-composite'
    this.#tell(app, 'recording_started', { ...about(app, row), egressId: row.id, mode, splitMinutes, snapshotSeconds })
  }

  snapshot(app: AppInfo, row: RecordingRow, { key, s3Url, publicUrl }: Place, sizeBytes: number): void {
    this.#tell(app, 'snapshot_taken', { ...about(app, row), key, url: publicUrl ?? s3Url, sizeBytes })
  }

  /** In the order in which they are told: each is told only after the one before it. */
  ready(app: AppInfo, row: RecordingRow, place: Place, isLast: boolean): void {
    const vod = vodData(app, row, place)
    const part = { ...vod, partIndex: row.part, sessionId: row.session }
    const split = row.part > 0 || !isLast || row.splitMinutes > 0
    this.#tell(app, 'vod_ready', vod)
    if (split) this.#tell(app, 'recording_part_ready', part)
    if (isLast) this.#tell(app, 'recording_ready', { ...part, split })
  }

  failed(app: AppInfo, row: RecordingRow, reason: string, detail: string): void {
    this.#tell(app, 'recording_failed', { ...about(app, row), reason, detail })
  }

  egress(app: AppInfo, row: RecordingRow, event: 'egress_started' | 'egress_updated' | 'egress_ended'): void {
    const status = row.state === 'FAILED' ? 'EGRESS_FAILED' : row.endedAt === null ? 'EGRESS_ACTIVE' : 'EGRESS_COMPLETE'
    this.#tell(app, event, { room: row.room, egress: { egressId: row.id, status, roomName: row.room } })
  }

  #tell({ name }: AppInfo, event: string, data: Readonly<Record<string, unknown>>): void {
    this.#host.events.emit('callbacks:event', { app: name, event, data })
  }
}

function about({ name }: AppInfo, row: RecordingRow) {
  return { vodId: row.number, app: name, room: row.room, streamId: row.stream }
}

function vodData(app: AppInfo, row: RecordingRow, { s3Url, publicUrl }: Place) {
  const { objectKey: fileKey, snapshotKey, sizeBytes, durationMs, widthPx: width, heightPx: height, format } = row
  const durationS = durationMs === null ? null : durationMs / 1_000
  return { ...about(app, row), fileKey, s3Url, publicUrl, snapshotKey, sizeBytes, durationS, width, height, format }
}
