import { index, integer, sqliteTable, text } from '../kit/tables.ts'
import type { Codecs } from './source.ts'

export type RecordingMode = 'PARTICIPANT' | 'COMPOSITE'
export type RecordingState = 'RECORDING' | 'UPLOADING' | 'READY' | 'FAILED'
export type VariantKind = 'MASTER' | 'RENDITION' | 'ALTERNATE' | 'STORYBOARD'
/** `MADE`: its files are here, and on their way to the bucket. */
export type VariantState = 'WAITING' | 'MADE' | 'READY' | 'FAILED'

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
    /** What it is listed under by systems that know streams: `<room>/<identity>`, or as whoever began it says. */
    stream: text('stream').notNull(),
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
  (table) => [
    index('recordings_room').on(table.room),
    index('recordings_stream').on(table.stream),
    index('recordings_started').on(table.startedAt),
  ],
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
    /** Codecs of its tracks, as JSON: files of other codecs make no whole with it. */
    codecs: text('codecs', { mode: 'json' }).$type<Codecs>().notNull(),
    /** Why it ended and another one had to begin; null: it runs, or it is the last. */
    cause: text('cause'),
  },
  (table) => [index('segments_recording').on(table.recording)],
)

/** Files on their way to the bucket of the app. A row stays until the object is there, and is known to be what was sent. */
export const uploads = sqliteTable(
  'uploads',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    recording: integer('recording').notNull(),
    /** Relative to the app's folder of recordings. */
    file: text('file').notNull(),
    key: text('key').notNull().unique(),
    attempts: integer('attempts').notNull().default(0),
    /** Why it is not there yet. */
    error: text('error'),
  },
  (table) => [index('uploads_recording').on(table.recording)],
)

/** What is made of a recording besides itself: renditions, another format, small pictures to seek by. */
export const variants = sqliteTable(
  'variants',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    recording: integer('recording').notNull(),
    kind: text('kind').$type<VariantKind>().notNull(),
    /** `hls`, `hls-h264`, `webm-vp8` or `vtt`. */
    format: text('format').notNull(),
    state: text('state').$type<VariantState>().notNull(),
    heightPx: integer('height_px'),
    bitrateKbps: integer('bitrate_kbps'),
    /** The one to open, relative to the app's folder of recordings; the others of it lie beside it. */
    file: text('file').notNull(),
    sizeBytes: integer('size_bytes'),
    /** Key of the object that `file` was uploaded as. */
    objectKey: text('object_key'),
    error: text('error'),
  },
  (table) => [index('variants_recording').on(table.recording)],
)

/** What is recorded without being asked for. */
export const rules = sqliteTable('rules', {
  number: integer('number').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  /** App-local name of a room; `*` stands for any characters. */
  pattern: text('pattern').notNull(),
  /** Null: every participant that publishes, or in mode COMPOSITE the room. */
  identity: text('identity'),
  /** Null: as the app is configured. */
  mode: text('mode').$type<RecordingMode>(),
  /** Between these times of day, `HH:MM` in `timeZone`; null: always. */
  fromTime: text('from_time'),
  toTime: text('to_time'),
  timeZone: text('time_zone').notNull().default('UTC'),
  /** Recordings of these rooms are deleted after so many days; null: never. */
  keepDays: integer('keep_days'),
  enabled: integer('enabled', { mode: 'boolean' }).notNull().default(true),
})
