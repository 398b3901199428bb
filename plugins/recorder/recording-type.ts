import type { PluginBuilder } from '../kit/schema.ts'
import { cursorOf, type ORDERS, type Order, type RecordingPage } from './listing.ts'
import type { Progress } from './progress.ts'
import type { Recordings } from './recordings.ts'
import type { RecordingRow, SegmentRow } from './store.ts'

/** A recording of an app, as the API knows it. */
export type RecordingOf = { readonly app: string; readonly row: RecordingRow }

/** The types that recordings are told in. */
export function recordingTypes(builder: PluginBuilder, recordings: Recordings) {
  const State = builder.enumType('RecordingState', {
    description: 'How far a recording has come.',
    values: {
      RECORDING: { description: 'It runs.' },
      UPLOADING: { description: 'It has ended; its file is being made, and uploaded where the app has a bucket.' },
      READY: { description: 'Its file is there.' },
      FAILED: { description: 'There is no file of it; `error` says why.' },
    } as const,
  })
  const Mode = builder.enumType('RecorderMode', {
    description: 'What a recording shows.',
    values: {
      PARTICIPANT: { description: 'One participant, as it publishes.' },
      COMPOSITE: { description: 'Everybody in the room, side by side.' },
    } as const,
  })
  const OrderEnum = builder.enumType('RecordingOrder', {
    description: 'By what recordings are listed; of two that are equal the number decides.',
    values: {
      NUMBER: { description: 'By number.' },
      STARTED_AT: { description: 'By when they began.' },
      SIZE_BYTES: { description: 'By size.' },
    } satisfies Record<(typeof ORDERS)[number], unknown>,
  })

  const Segment = builder.objectRef<SegmentRow & { sizeBytes: number }>('RecordingSegment').implement({
    description: 'What was written of a recording without an interruption.',
    fields: (t) => ({
      file: t.exposeString('file', {
        description: "Its file, relative to the app's folder of recordings; gone once the recording is whole.",
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
      sizeBytes: t.expose('sizeBytes', { type: 'BigInt', description: 'Bytes on disk; 0 once the recording is whole.' }),
      cause: t.exposeString('cause', {
        nullable: true,
        description:
          'Why another one had to begin: SOURCE_GONE, SOURCE_CHANGED, RESTART, DISK_FULL, or what went wrong; null: none had to.',
      }),
    }),
  })

  const Recording = builder.objectRef<RecordingOf>('Recording').implement({
    description: 'Media that is kept: one file in the end.',
    fields: (t) => ({
      id: t.string({ description: 'Unique id.', resolve: ({ row }) => row.id }),
      number: t.int({ description: 'A short id, unique in its app.', resolve: ({ row }) => row.number }),
      app: t.exposeString('app', { description: 'The app it belongs to.' }),
      room: t.string({ description: 'Full name of the room.', resolve: ({ row }) => row.room }),
      identity: t.string({ nullable: true, description: 'Whom it shows; null: everybody.', resolve: ({ row }) => row.identity }),
      stream: t.string({
        description: 'What it is listed under: the room and the identity, or as whoever began it says.',
        resolve: ({ row }) => row.stream,
      }),
      mode: t.field({ type: Mode, description: 'What it shows.', resolve: ({ row }) => row.mode }),
      layout: t.string({ nullable: true, description: 'How those in it stand side by side.', resolve: ({ row }) => row.layout }),
      state: t.field({ type: State, description: 'How far it has come.', resolve: ({ row }) => row.state }),
      session: t.string({ description: 'Shared by the parts of a recording that is split.', resolve: ({ row }) => row.session }),
      part: t.int({ description: 'Which part it is, from 0.', resolve: ({ row }) => row.part }),
      splitMinutes: t.int({ description: 'Minutes after which the next part begins; 0: never.', resolve: ({ row }) => row.splitMinutes }),
      snapshotSeconds: t.int({ description: 'Seconds between its pictures; 0: none.', resolve: ({ row }) => row.snapshotSeconds }),
      name: t.string({ description: 'Name of its file.', resolve: ({ row }) => nameOf(row) }),
      file: t.string({
        nullable: true,
        description: "Its file here, relative to the app's folder of recordings; null: it is not here, or not whole yet.",
        resolve: ({ row }) => row.file,
      }),
      format: t.string({ nullable: true, description: 'Container: mp4, webm or mkv.', resolve: ({ row }) => row.format }),
      codec: t.string({
        nullable: true,
        description: 'Codec of its picture, or of its sound when it has none.',
        resolve: ({ row }) => row.codec,
      }),
      sizeBytes: t.field({
        type: 'BigInt',
        nullable: true,
        description: 'Size of its file in bytes.',
        resolve: ({ row }) => row.sizeBytes,
      }),
      durationMs: t.field({
        type: 'BigInt',
        nullable: true,
        description: 'How long it is, in milliseconds.',
        resolve: ({ row }) => row.durationMs,
      }),
      widthPx: t.int({ nullable: true, description: 'Width of its picture in pixels.', resolve: ({ row }) => row.widthPx }),
      heightPx: t.int({ nullable: true, description: 'Height of its picture in pixels.', resolve: ({ row }) => row.heightPx }),
      startedAt: t.field({ type: 'DateTime', description: 'When it began.', resolve: ({ row }) => row.startedAt }),
      endedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it ended; null: it runs.',
        resolve: ({ row }) => row.endedAt,
      }),
      objectKey: t.string({ nullable: true, description: 'Key of the object it was uploaded as.', resolve: ({ row }) => row.objectKey }),
      snapshotKey: t.string({
        nullable: true,
        description: 'Key of the picture of it that was uploaded.',
        resolve: ({ row }) => row.snapshotKey,
      }),
      segments: t.field({
        type: [Segment],
        description: 'What it was written in, in order: more than one when something interrupted it.',
        resolve: ({ app, row }) => recordings.segments(app, row),
      }),
      error: t.string({
        nullable: true,
        description: 'Why it failed, or what holds it up: DISK_FULL, or what its upload waits for.',
        resolve: ({ row }) => row.error,
      }),
    }),
  })

  const Edge = builder.objectRef<{ cursor: string; node: RecordingOf }>('RecordingEdge').implement({
    description: 'A recording in a list.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Names its place in the list, for `after`.' }),
      node: t.expose('node', { type: Recording, description: 'The recording.' }),
    }),
  })
  const Connection = builder.objectRef<RecordingPage & { app: string; order: Order }>('RecordingConnection').implement({
    description: 'A page of recordings.',
    fields: (t) => ({
      total: t.exposeInt('total', { description: 'How many fit, on this page and off it.' }),
      nodes: t.field({
        type: [Recording],
        description: 'Those on this page.',
        resolve: ({ app, rows }) => rows.map((row) => ({ app, row })),
      }),
      edges: t.field({
        type: [Edge],
        description: 'The same, each with its cursor.',
        resolve: ({ app, order, rows }) => rows.map((row) => ({ cursor: cursorOf(order, row), node: { app, row } })),
      }),
      hasNextPage: t.boolean({ description: 'Whether there is more after this page.', resolve: ({ hasMore }) => hasMore }),
      endCursor: t.string({
        nullable: true,
        description: 'Cursor of the last one on this page.',
        resolve: ({ order, rows }) => {
          const last = rows.at(-1)
          return last && cursorOf(order, last)
        },
      }),
    }),
  })

  const ProgressType = builder.objectRef<Progress>('RecordingProgress').implement({
    description: 'How a recording comes along.',
    fields: (t) => ({
      recording: t.expose('recording', { type: Recording, description: 'The recording.' }),
      seconds: t.exposeFloat('seconds', { description: 'For how long it has been recorded, in seconds.' }),
      sizeBytes: t.expose('sizeBytes', { type: 'BigInt', description: 'Bytes on disk.' }),
      uploadedBytes: t.expose('uploadedBytes', { type: 'BigInt', description: 'Bytes of it that are uploaded.' }),
    }),
  })
  return { State, Mode, OrderEnum, Recording, Connection, Progress: ProgressType }
}

function nameOf({ file, name, format }: RecordingRow): string {
  return file ?? `${name}.${format ?? 'mp4'}`
}
