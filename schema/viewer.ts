import type { CloseReason } from '../core/room/close-reason.ts'
import type { Viewer } from '../core/room/viewer.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { page, pageArguments, ViewerConnection } from './pages.ts'
import { RoomType, ViewerType } from './refs.ts'
import { idTarget, roomTarget } from './targets.ts'
import { mayObserve } from './watching.ts'

const Layers = builder.objectRef<{ spatial: number; temporal?: number }>('PreferredLayers').implement({
  description: 'The highest layers of a simulcast or SVC track that a viewer gets.',
  fields: (t) => ({
    spatial: t.exposeInt('spatial', { description: 'Spatial layer; 0 is the smallest picture.' }),
    temporal: t.exposeInt('temporal', { nullable: true, description: 'Temporal layer; 0 has the fewest frames.' }),
  }),
})

builder.node(ViewerType, {
  description: 'One session that only receives.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core }) => core.rooms.viewer(id),
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'The way it came, such as WHEP.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    remoteAddress: t.string({
      nullable: true,
      description: 'Where it came from, for those who may observe.',
      resolve: ({ room, remoteAddress }, _args, { caller }) => (mayObserve(caller, room) ? remoteAddress : null),
    }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What it calls itself.' }),
    room: t.field({ type: RoomType, description: 'The room it watches.', resolve: ({ room }) => room }),
    preferredLayers: t.field({
      type: Layers,
      nullable: true,
      description: 'What was chosen for it; null: the best it can take.',
      resolve: ({ preferredLayers }) => preferredLayers,
    }),
    bytesSent: t.field({ type: 'BigInt', description: 'Bytes sent to it so far.', resolve: (viewer) => viewer.bytesSent() }),
  }),
})

const id = { required: true as const, description: 'Its id.' }

builder.queryFields((t) => ({
  viewers: t.field({
    type: ViewerConnection,
    description: 'Who watches one room, or any.',
    extensions: { target: roomTarget.room },
    args: { room: t.arg.string({ description: 'Full name of the room.' }), ...pageArguments },
    resolve: (_root, { room, ...args }, { core }) => {
      const rooms = room == null ? core.rooms.list() : [core.rooms.get(room)]
      const viewers = rooms.flatMap((one) => [...one.viewers.values()])
      return page(viewers, args)
    },
  }),
  viewer: t.field({
    type: ViewerType,
    description: 'One viewer.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.rooms.viewer(args.id),
  }),
}))

builder.mutationFields((t) => ({
  closeViewer: t.field({
    type: ViewerType,
    description: "Ends a viewer's session.",
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => {
      const viewer = core.rooms.viewer(args.id)
      viewer.close('REQUESTED')
      return viewer
    },
  }),
  preferLayers: t.field({
    type: ViewerType,
    description: 'Chooses the layers a viewer gets at most of a simulcast or SVC track.',
    extensions: { target: idTarget },
    args: {
      id: t.arg.id(id),
      spatial: t.arg.int({ description: 'Highest spatial layer; absent: the best it can take.' }),
      temporal: t.arg.int({ description: 'Highest temporal layer; absent: all.' }),
    },
    resolve: async (_root, args, { core }) => {
      const viewer = core.rooms.viewer(args.id)
      await viewer.preferLayers(
        args.spatial == null ? undefined : { spatial: args.spatial, ...(args.temporal != null && { temporal: args.temporal }) },
      )
      return viewer
    },
  }),
}))

type Event = { change: EventChange; viewer: Viewer; reason?: CloseReason }

const ViewerEvent = builder.objectRef<Event>('ViewerEvent').implement({
  description: 'Something about a viewer.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    viewer: t.expose('viewer', { type: ViewerType, description: 'The viewer.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it ended.' }),
  }),
})

builder.subscriptionFields((t) => ({
  viewerEvents: t.field({
    type: ViewerEvent,
    description: 'Every viewer, then each that begins, changes or ends.',
    extensions: { target: roomTarget.room },
    args: { room: t.arg.string({ description: 'Full name of the room; absent: all rooms.' }) },
    subscribe: (_root, { room }, { core }) => {
      const mine = (viewer: Viewer, change: EventChange, reason?: CloseReason): Event | undefined =>
        room == null || viewer.room.name === room ? { change, viewer, ...(reason && { reason }) } : undefined
      return events<Event>(core.events, {
        present: () => core.rooms.list().flatMap(({ viewers }) => [...viewers.values()].flatMap((viewer) => mine(viewer, 'PRESENT') ?? [])),
        on: {
          'viewer.joined': (viewer) => mine(viewer, 'CREATED'),
          'viewer.changed': (viewer) => mine(viewer, 'CHANGED'),
          'viewer.left': (viewer, reason) => mine(viewer, 'DELETED', reason),
        },
        keyOf: ({ viewer }) => viewer.id,
      })
    },
    resolve: (event) => event,
  }),
}))
