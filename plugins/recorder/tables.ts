import { index, integer, sqliteTable, text } from '../kit/tables.ts'

export type RecordingMode = 'PARTICIPANT' | 'COMPOSITE'
export type RecordingState = 'RECORDING' | 'UPLOADING' | 'READY' | 'FAILED'

const at = (name: string) => integer(name, { mode: 'timestamp_ms' })

/** Recordings of an app, in the app's own database. One row is one file in the end. */
export const recordings = sqliteTable(
  'recordings',
  {
    /** A short id for APIs that count. Never used twice. */
    number: integer('number').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    /** Shared by the parts of one recording that is split. */
    session: text('session').notNull(),
    /** From 0. */
    part: integer('part').notNull(),
    /** Minutes after which the next part begins; 0: there is but one. */
    splitMinutes: integer('split_minutes').notNull(),
    snapshotSeconds: integer('snapshot_seconds').notNull(),
    /** Full name. */
    room: text('room').notNull(),
    /** Whom it records; null: the whole room. */
    identity: text('identity'),
    mode: text('mode').$type<RecordingMode>().notNull(),
    layout: text('layout'),
    state: text('state').$type<RecordingState>().notNull(),
    /** Name of the file that it becomes, without its extension. */
    name: text('name').notNull(),
    /** The file, relative to the app's folder of recordings; null: it is not here, or not whole yet. */
    file: text('file'),
    /** Container: `mp4`, `webm` or `mkv`. */
    format: text('format'),
    codec: text('codec'),
    sizeBytes: integer('size_bytes'),
    durationMs: integer('duration_ms'),
    widthPx: integer('width_px'),
    heightPx: integer('height_px'),
    startedAt: at('started_at').notNull(),
    endedAt: at('ended_at'),
    /** Key of the object it was uploaded as. */
    objectKey: text('object_key'),
    snapshotKey: text('snapshot_key'),
    /** Why it failed. */
    error: text('error'),
  },
  (table) => [index('recordings_room').on(table.room), index('recordings_started').on(table.startedAt)],
)

/** What pipelines wrote, one file each: a recording goes on in another when its pipeline, its source or the server came back. */
export const segments = sqliteTable(
  'segments',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    recording: integer('recording').notNull(),
    /** Relative to the app's folder of recordings. */
    file: text('file').notNull(),
    startedAt: at('started_at').notNull(),
  },
  (table) => [index('segments_recording').on(table.recording)],
)
