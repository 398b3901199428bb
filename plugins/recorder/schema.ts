import { pluginBuilder } from '../kit/schema.ts'
import type { Recordings } from './recordings.ts'
import type { RecordingRow } from './store.ts'

/** Adds recordings to the API. */
export function recorderSchema(recordings: Recordings) {
  const builder = pluginBuilder()

  const Recording = builder.objectRef<RecordingRow>('Recording').implement({
    description: 'A recording: media that is kept, in one file in the end.',
    fields: (t) => ({
      id: t.exposeString('id', { description: 'Unique id.' }),
      number: t.exposeInt('number', { description: 'A short id, unique in its app.' }),
      room: t.exposeString('room', { description: 'Full name of the room.' }),
      state: t.exposeString('state', { description: 'RECORDING, UPLOADING, READY or FAILED.' }),
      file: t.exposeString('file', { nullable: true, description: 'Name of its file.' }),
    }),
  })
  const app = { required: true as const, description: 'Name of the app.' }
  builder.mutationField('startRecording', (t) =>
    t.field({
      type: Recording,
      description: 'Records a participant.',
      extensions: { grant: 'recording:start' },
      args: {
        app: t.arg.string(app),
        room: t.arg.string({ required: true, description: 'Name of the room.' }),
        identity: t.arg.string({ required: true, description: 'Whom to record.' }),
      },
      resolve: (_root, { app: name, room, identity }) => recordings.start(name, { room, identity }),
    }),
  )
  builder.mutationField('stopRecording', (t) =>
    t.field({
      type: Recording,
      description: 'Ends a recording.',
      extensions: { grant: 'recording:stop' },
      args: { app: t.arg.string(app), id: t.arg.string({ required: true, description: 'Its id.' }) },
      resolve: (_root, { app: name, id }) => recordings.stop(name, id),
    }),
  )
  builder.queryField('recording', (t) =>
    t.field({
      type: Recording,
      description: 'One recording.',
      extensions: { grant: 'vod:read' },
      args: { app: t.arg.string(app), id: t.arg.string({ required: true, description: 'Its id.' }) },
      resolve: (_root, { app: name, id }) => recordings.get(name, id),
    }),
  )
  return builder.toSchema()
}
