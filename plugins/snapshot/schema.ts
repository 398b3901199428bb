import type { GraphQLSchema } from 'graphql'
import { pluginBuilder } from '../kit/schema.ts'
import type { TakenSnapshot, TakenSnapshots } from './taken.ts'

/** Adds pictures that are taken to be kept to the API. */
export function snapshotSchema(taken: TakenSnapshots): GraphQLSchema {
  const builder = pluginBuilder()

  const Snapshot = builder.objectRef<TakenSnapshot>('Snapshot').implement({
    description: 'A JPEG of what was live, kept in the bucket of its app, or in its folder for a while.',
    fields: (t) => ({
      app: t.exposeString('app', { description: 'The app of its room.' }),
      room: t.exposeString('room', { description: 'Full name of its room.' }),
      identity: t.exposeString('identity', { nullable: true, description: 'Whose picture was asked for; null for the room.' }),
      key: t.exposeString('key', { description: 'Where it is kept: `<prefix>/snapshots/<file>.jpg`.' }),
      url: t.exposeString('url', {
        description: 'Where it can be read. A path of this server unless the app has a bucket; nobody guesses it.',
      }),
      sizeBytes: t.exposeInt('sizeBytes', { description: 'Length of the file, in bytes.' }),
      takenAt: t.expose('takenAt', { type: 'DateTime', description: 'When it was taken.' }),
    }),
  })

  builder.mutationField('takeSnapshot', (t) =>
    t.field({
      type: Snapshot,
      description: 'Takes a picture of what a room shows at the moment, and keeps it.',
      extensions: { grant: 'stream:write' },
      args: {
        app: t.arg.string({ required: true, description: 'The app.' }),
        room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
        identity: t.arg.string({ description: 'Whose picture; absent: of whoever has one.' }),
      },
      resolve: (_root, { app, room, identity }) => taken.take(app, room, identity ?? undefined),
    }),
  )
  return builder.toSchema()
}
