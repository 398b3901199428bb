import type { Host } from '../kit/host.ts'
import { pluginBuilder } from '../kit/schema.ts'
import { watchProgress } from './progress.ts'
import { recordingTypes } from './recording-type.ts'
import type { Deleted as DeletedRecording, Probed as ProbedRecording, Recordings } from './recordings.ts'
import type { Rules } from './rules.ts'
import { addRules } from './rules-schema.ts'
import type { RecordingState } from './tables.ts'
import type { Links } from './vod/links.ts'
import type { Passes } from './vod/passes.ts'
import { addRecordFields } from './vod/record-fields.ts'
import { addVodFields } from './vod/vod-fields.ts'

const MOST_ROWS = 1_000

type Ground = Pick<Host, 'core'> & { recordings: Recordings; links: Links; rules: Rules; passes: Passes }

/** Adds recordings to the API. */
export function recorderSchema({ core, recordings, links, rules, passes }: Ground) {
  const builder = pluginBuilder()
  const types = recordingTypes(builder, recordings)
  const { State, Mode, OrderEnum, Recording, Connection, Progress } = types
  addRules(builder, rules, types)
  addVodFields(builder, Recording, { core, store: recordings.store, links })
  addRecordFields(builder, { core }, passes)
  const APP = { required: true as const, description: 'Name of the app.' }
  const STREAM = { required: true as const, description: 'Its name, `<room>/<identity>`, or its number.' }
  const ID = { required: true as const, description: 'Its id or its number.' }

  const Filter = builder.inputType('RecordingFilter', {
    description: 'Which recordings are wanted: those of which everything holds that is said.',
    fields: (t) => ({
      room: t.string({ description: 'Of this room, by its full or app-local name.' }),
      identity: t.string({ description: 'Of this participant.' }),
      stream: t.string({ description: 'Listed under this name.' }),
      state: t.field({ type: State, description: 'That have come this far.' }),
      since: t.field({ type: 'DateTime', description: 'That began then or later.' }),
      until: t.field({ type: 'DateTime', description: 'That began then or before.' }),
      text: t.string({ description: 'With this in their name.' }),
    }),
  })
  const Start = builder.inputType('StartRecordingInput', {
    description: 'What to record, and how; what is left out is as the app is configured.',
    fields: (t) => ({
      room: t.string({ required: true, description: 'The room, by its full or app-local name.' }),
      identity: t.string({ description: 'Whom to record; absent: everybody, or in mode PARTICIPANT whoever publishes first.' }),
      stream: t.string({
        description: 'What it is listed under; absent: the room and the identity. Without an identity, it may be whom to record, too.',
      }),
      mode: t.field({ type: Mode, description: 'What it shows.' }),
      layout: t.string({ description: 'How those in it stand side by side: grid, speaker or single.' }),
      splitMinutes: t.int({ description: 'Minutes after which the next part begins; 0: never.' }),
      snapshotSeconds: t.int({ description: 'Seconds between its pictures; 0: none.' }),
      awaiting: t.boolean({ description: 'Whether whom to record need not be there yet, but may come within moments.' }),
    }),
  })

  const Probed = builder.objectRef<ProbedRecording & { app: string }>('ProbedRecording').implement({
    description: 'A recording whose file was looked into.',
    fields: (t) => ({
      recording: t.field({ type: Recording, description: 'The recording, as it is now.', resolve: ({ app, row }) => ({ app, row }) }),
      probed: t.exposeBoolean('probed', { description: 'Whether the file could be read.' }),
    }),
  })
  const Deleted = builder.objectRef<DeletedRecording>('DeletedRecording').implement({
    description: 'What is gone with a recording.',
    fields: (t) => ({
      id: t.string({ description: 'Its id.', resolve: ({ row }) => row.id }),
      number: t.int({ description: 'Its number.', resolve: ({ row }) => row.number }),
      objectsDeleted: t.exposeInt('objects', { description: 'How many objects of the bucket are gone.' }),
      fileDeleted: t.exposeBoolean('local', { description: 'Whether there was a file of it here.' }),
    }),
  })

  builder.queryFields((t) => ({
    recordings: t.field({
      type: Connection,
      description: 'The recordings of an app, page by page.',
      extensions: { grant: 'vod:read' },
      args: {
        app: t.arg.string(APP),
        filter: t.arg({ type: Filter, description: 'Which of them; absent: all.' }),
        orderBy: t.arg({ type: OrderEnum, defaultValue: 'NUMBER', description: 'In which order.' }),
        descending: t.arg.boolean({ defaultValue: true, description: 'Whether the last comes first.' }),
        first: t.arg.int({ description: `How many at most, up to ${MOST_ROWS}; absent: 50. 0: all.` }),
        after: t.arg.string({ description: 'Those after this cursor.' }),
        offset: t.arg.int({ defaultValue: 0, description: 'How many to leave out first.' }),
      },
      resolve: async (_root, { app, filter, orderBy, descending, first, after, offset }) => {
        const { room, identity, stream, state, since, until, text } = filter ?? {}
        const order = orderBy ?? 'NUMBER'
        const page = await recordings.list(app, {
          filter: {
            ...(room != null && { rooms: [...new Set([room, await core.rooms.fullName(app, room)])] }),
            ...(identity != null && { identity }),
            ...(stream != null && { stream }),
            ...(state != null && { state: state as RecordingState }),
            ...(since != null && { since: new Date(since) }),
            ...(until != null && { until: new Date(until) }),
            ...(text != null && { text }),
          },
          order,
          descending: descending ?? true,
          ...(first !== 0 && { limit: Math.min(Math.max(first ?? 50, 1), MOST_ROWS) }),
          offset: Math.max(offset ?? 0, 0),
          ...(after != null && { after }),
        })
        return { ...page, app, order }
      },
    }),
    recording: t.field({
      type: Recording,
      description: 'One recording.',
      extensions: { grant: 'vod:read' },
      args: { app: t.arg.string(APP), id: t.arg.string(ID) },
      resolve: async (_root, { app, id }) => ({ app, row: await recordings.get(app, keyOf(id)) }),
    }),
  }))

  builder.mutationFields((t) => ({
    startRecording: t.field({
      type: Recording,
      description: 'Begins a recording. Several of the same room or participant may run at once.',
      extensions: { grant: 'recording:start' },
      args: { app: t.arg.string(APP), input: t.arg({ type: Start, required: true, description: 'What to record, and how.' }) },
      resolve: async (_root, { app, input }) => {
        const { room, identity, stream, mode, layout, splitMinutes, snapshotSeconds, awaiting } = input
        const row = await recordings.start(app, {
          room,
          ...(identity != null && { identity }),
          ...(stream != null && { stream }),
          ...(mode != null && { mode }),
          ...(layout != null && { layout }),
          ...(splitMinutes != null && { splitMinutes }),
          ...(snapshotSeconds != null && { snapshotSeconds }),
          ...(awaiting != null && { awaiting }),
        })
        return { app, row }
      },
    }),
    stopRecording: t.field({
      type: Recording,
      description: 'Ends a recording; one that has ended is answered as it is.',
      extensions: { grant: 'recording:stop' },
      args: { app: t.arg.string(APP), id: t.arg.string(ID) },
      resolve: async (_root, { app, id }) => ({ app, row: await recordings.stop(app, keyOf(id)) }),
    }),
    startStreamRecording: t.field({
      type: Recording,
      description: 'Begins a recording of a stream, as the app is configured: of its participant, or of the room that it is in.',
      extensions: { grant: 'recording:start' },
      args: { app: t.arg.string(APP), stream: t.arg.string(STREAM) },
      resolve: async (_root, { app, stream: id }) => {
        const { name, room, identity } = await core.streams.find(app, id)
        return { app, row: await recordings.start(app, { room, identity, stream: name }) }
      },
    }),
    stopStreamRecording: t.field({
      type: Recording,
      description: 'Ends the newest recording of a stream that has not come to its end.',
      extensions: { grant: 'recording:stop' },
      args: { app: t.arg.string(APP), stream: t.arg.string(STREAM) },
      resolve: async (_root, { app, stream: id }) => ({ app, row: await recordings.stopOf(app, await core.streams.find(app, id)) }),
    }),
    probeRecording: t.field({
      type: Probed,
      description: 'Reads duration and size of the picture from the file again. One that can not be read is left as it is.',
      extensions: { grant: 'vod:write' },
      args: { app: t.arg.string(APP), id: t.arg.string(ID) },
      resolve: async (_root, { app, id }) => ({ app, ...(await recordings.probe(app, keyOf(id))) }),
    }),
    deleteRecording: t.field({
      type: Deleted,
      description: 'Deletes a recording with all its files and objects; one that runs is ended first.',
      extensions: { grant: 'vod:delete' },
      args: { app: t.arg.string(APP), id: t.arg.string(ID) },
      resolve: (_root, { app, id }) => recordings.delete(app, keyOf(id)),
    }),
  }))

  builder.subscriptionField('recordingProgress', (t) =>
    t.field({
      type: Progress,
      description: 'How a recording comes along: now, once a second, and at every change of its state, until it is ready or has failed.',
      extensions: { grant: 'vod:read' },
      args: { app: t.arg.string(APP), id: t.arg.string(ID) },
      subscribe: (_root, { app, id }, { signal }) => watchProgress(recordings, app, keyOf(id), signal),
      resolve: (progress) => progress,
    }),
  )
  return builder.toSchema()
}

/** Numbers are all digits, ids never are. */
function keyOf(id: string): number | string {
  return /^\d{1,15}$/.test(id) ? Number(id) : id
}
