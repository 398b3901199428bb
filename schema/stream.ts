import type { CloseReason } from '../core/room/close-reason.ts'
import type { Stream } from '../core/stream/stream.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { AppType, ParticipantType } from './refs.ts'
import { appTarget } from './targets.ts'

const StreamStatus = builder.enumType('StreamStatus', {
  description: 'Whether a stream is live.',
  values: { ACTIVE: { description: 'Its publisher publishes.' }, ENDED: { description: 'It does no more.' } } as const,
})

const StreamType = builder.objectRef<Stream>('Stream').implement({
  description:
    "One participant's stay in a room as a publisher, however many tracks it has. A room has one for each identity: the present, or the last.",
  fields: (t) => ({
    number: t.int({
      description: 'Its number within the app, the same for every stay of this identity.',
      resolve: ({ numbered }) => numbered,
    }),
    name: t.exposeString('name', { description: 'Full name of the room, a slash, and the identity.' }),
    kind: t.exposeString('kind', { description: 'The way it came in, such as RTMP or WHIP.' }),
    app: t.field({ type: AppType, description: 'The app it belongs to.', resolve: ({ app }) => app }),
    room: t.exposeString('room', { description: 'Full name of the room.' }),
    identity: t.exposeString('identity', { description: 'Who published.' }),
    status: t.field({ type: StreamStatus, description: 'Whether it is live.', resolve: ({ live }) => (live ? 'ACTIVE' : 'ENDED') }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began, for the last time.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'When it ended; null while it is live.' }),
    viewers: t.int({
      nullable: true,
      description: 'How many watch its room, by whatever way; null when the app does not count viewers.',
      resolve: ({ app, viewers }) => (app.config.features.viewerCounter ? viewers : null),
    }),
    stats: t.expose('stats', {
      type: 'JSON',
      description: 'What is known of it, or was last known: `live`, `participants`, `publishers`, `viewers`, and what its publisher says.',
    }),
    participant: t.field({
      type: ParticipantType,
      nullable: true,
      description: 'Who publishes; null when it has ended.',
      resolve: ({ participant }) => participant,
    }),
  }),
})

const app = { required: true as const, description: 'Name of the app.' }
const id = { required: true as const, description: 'Its number, or its name, in which the room may go by its app-local name.' }

builder.queryFields((t) => ({
  streams: t.field({
    type: [StreamType],
    description: 'The live streams of an app, the newest first.',
    extensions: { grant: 'stream:read', target: appTarget.app },
    args: { app: t.arg.string(app) },
    resolve: (_root, args, { core }) => core.streams.live(core.apps.get(args.app)),
  }),
  stream: t.field({
    type: StreamType,
    description: 'One stream of an app, live or ended.',
    extensions: { grant: 'stream:read', target: appTarget.app },
    args: { app: t.arg.string(app), id: t.arg.string(id) },
    resolve: (_root, args, { core }) => core.streams.get(core.apps.get(args.app), args.id),
  }),
}))

builder.objectField(AppType, 'streams', (t) =>
  t.field({
    type: [StreamType],
    description: 'Its live streams, the newest first.',
    extensions: { grant: 'stream:read', target: appTarget.parent },
    resolve: (parent, _args, { core }) => core.streams.live(parent),
  }),
)

builder.mutationFields((t) => ({
  stopStream: t.field({
    type: StreamType,
    description: 'Ends a stream: its publisher leaves, and the room closes when nobody else publishes there. One that has ended stays so.',
    extensions: { grant: 'stream:stop', target: appTarget.app },
    args: {
      app: t.arg.string(app),
      id: t.arg.string(id),
      withIngress: t.arg.boolean({
        defaultValue: false,
        description: 'Whether the configured ingress that it came by is deleted, so that nobody comes by it again.',
      }),
    },
    resolve: (_root, args, { core }) => core.streams.stop(core.apps.get(args.app), args.id, { withIngress: args.withIngress === true }),
  }),
}))

type Event = { change: EventChange; stream: Stream; reason?: CloseReason }

const StreamEvent = builder.objectRef<Event>('StreamEvent').implement({
  description: 'Something about a stream.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    stream: t.expose('stream', { type: StreamType, description: 'The stream.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it ended.' }),
  }),
})

builder.subscriptionField('streamEvents', (t) =>
  t.field({
    type: StreamEvent,
    description: 'Every live stream of an app, then each that begins, changes or ends.',
    extensions: { grant: 'stream:read', target: appTarget.app },
    args: { app: t.arg.string(app) },
    subscribe: (_root, args, { core }) => {
      const { name } = core.apps.get(args.app)
      const mine = (stream: Stream, change: EventChange, reason?: CloseReason): Event | undefined =>
        stream.app.name === name ? { change, stream, ...(reason && { reason }) } : undefined
      return events<Event>(core.events, {
        present: () => core.streams.live().flatMap((stream) => mine(stream, 'PRESENT') ?? []),
        on: {
          'stream.started': (stream) => mine(stream, 'CREATED'),
          'stream.changed': (stream) => mine(stream, 'CHANGED'),
          'stream.ended': (stream, reason) => mine(stream, 'DELETED', reason),
        },
        keyOf: ({ stream }) => stream,
      })
    },
    resolve: (event) => event,
  }),
)
