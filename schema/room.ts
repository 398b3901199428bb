import type { CloseReason } from '../core/room/close-reason.ts'
import type { Room } from '../core/room/room.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { namedId, nameIn } from './global-ids.ts'
import { page, pageArguments, ViewerConnection } from './pages.ts'
import { AppType, ParticipantType, RoomType, TrackType } from './refs.ts'
import { appTarget, roomTarget } from './targets.ts'
import { isToldOf, mayObserve } from './watching.ts'

builder.node(RoomType, {
  description: 'A named place where tracks meet.',
  id: { resolve: ({ name }) => namedId('room', name), description: 'Unique id.' },
  loadOne: (id, { core }) => core.rooms.get(nameIn(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its full name, unique on the server.' }),
    localName: t.exposeString('localName', { description: 'Its name within its app.' }),
    app: t.field({ type: AppType, description: 'The app it belongs to.', resolve: ({ app }) => app }),
    openedAt: t.expose('openedAt', { type: 'DateTime', description: 'When it opened.' }),
    kept: t.exposeBoolean('kept', { description: 'Whether it stays open while nobody is there.' }),
    live: t.boolean({ description: 'Whether somebody publishes in it.', resolve: ({ publishers }) => publishers.length > 0 }),
    participants: t.field({
      type: [ParticipantType],
      description: 'Everybody in it, first come first.',
      resolve: ({ participants }, _args, { caller }) => [...participants.values()].filter((one) => isToldOf(caller, one)),
    }),
    participant: t.field({
      type: ParticipantType,
      nullable: true,
      description: 'The participant with this identity.',
      args: { identity: t.arg.string({ required: true, description: 'The identity.' }) },
      resolve: (room, { identity }, { caller }) => {
        const found = room.find(identity)
        return found && isToldOf(caller, found) ? found : null
      },
    }),
    publishers: t.field({ type: [ParticipantType], description: 'Those who publish something.', resolve: ({ publishers }) => publishers }),
    tracks: t.field({ type: [TrackType], description: 'Everything that is published in it.', resolve: ({ tracks }) => tracks }),
    viewerCount: t.int({ description: 'How many watch.', resolve: ({ audience }) => audience.length }),
    viewers: t.field({
      type: ViewerConnection,
      description: 'Who watches, first come first.',
      args: pageArguments,
      resolve: (room, args, { caller }) => page(mayObserve(caller, room) ? [...room.viewers.values()] : room.audience, args),
    }),
  }),
})

builder.queryFields((t) => ({
  rooms: t.field({
    type: [RoomType],
    description: 'The open rooms.',
    extensions: { target: appTarget.app },
    args: {
      app: t.arg.string({ description: 'Only those of this app.' }),
      live: t.arg.boolean({ description: 'Only those where somebody publishes, or where nobody does.' }),
    },
    resolve: (_root, { app, live }, { core }) => {
      if (app != null) core.apps.get(app)
      return core.rooms
        .list()
        .filter((room) => (app == null || room.app.name === app) && (live == null || live === room.publishers.length > 0))
    },
  }),
  room: t.field({
    type: RoomType,
    nullable: true,
    description: 'The open room of this name.',
    extensions: { target: roomTarget.name },
    args: { name: t.arg.string({ required: true, description: 'Its full name.' }) },
    resolve: (_root, { name }, { core }) => core.rooms.find(nameIn(name)) ?? null,
  }),
  liveRooms: t.field({
    type: [RoomType],
    description: 'The rooms where somebody publishes and that the caller may watch, by name.',
    extensions: { grant: 'PLAY' },
    args: { awaited: t.arg.boolean({ description: 'Also those where somebody waits for a publisher to come.' }) },
    resolve: (_root, { awaited }, { core, caller }) =>
      liveRooms(
        core.rooms.list(),
        (room) => core.access.allows(caller, 'PLAY', { app: room.app, room: room.name }),
        (room) => isLive(room) || (awaited === true && room.viewers.size > 0),
      ),
  }),
}))

builder.mutationFields((t) => ({
  openRoom: t.field({
    type: RoomType,
    description: 'Opens a room that stays open while nobody is there; one that is open already is kept from now on.',
    extensions: { target: roomTarget.name },
    args: { name: t.arg.string({ required: true, description: 'Its full name.' }) },
    resolve: async (_root, { name }, { core }) => {
      const room = await core.rooms.open(name)
      room.keep(true)
      return room
    },
  }),
  closeRoom: t.field({
    type: RoomType,
    description: 'Closes a room: everybody in it leaves.',
    extensions: { target: roomTarget.name },
    args: { name: t.arg.string({ required: true, description: 'Its full name.' }) },
    resolve: (_root, { name }, { core }) => {
      const room = core.rooms.get(nameIn(name))
      room.close('REQUESTED')
      return room
    },
  }),
}))

type Event = { change: EventChange; room: Room; reason?: CloseReason }

const RoomEvent = builder.objectRef<Event>('RoomEvent').implement({
  description: 'Something about a room.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    room: t.expose('room', { type: RoomType, description: 'The room.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it closed.' }),
  }),
})

builder.subscriptionFields((t) => ({
  roomEvents: t.field({
    type: RoomEvent,
    description:
      'Every open room, then each that opens, changes or closes. A room changes when somebody comes to it, goes, or begins or ends publishing or watching.',
    extensions: { target: appTarget.app },
    args: { app: t.arg.string({ description: 'Only those of this app.' }) },
    subscribe: (_root, { app }, { core }) => {
      const mine = (room: Room, change: EventChange, reason?: CloseReason): Event | undefined =>
        app == null || room.app.name === app ? { change, room, ...(reason && { reason }) } : undefined
      const changed = (of: { room: Room }) => (of.room.closed ? undefined : mine(of.room, 'CHANGED'))
      return events<Event>(core.events, {
        present: () => core.rooms.list().flatMap((room) => mine(room, 'PRESENT') ?? []),
        on: {
          'room.opened': (room) => mine(room, 'CREATED'),
          'room.changed': (room) => mine(room, 'CHANGED'),
          'room.closed': (room, reason) => mine(room, 'DELETED', reason),
          'participant.joined': changed,
          'participant.left': changed,
          'viewer.joined': changed,
          'viewer.left': changed,
          'track.published': ({ participant }) => changed(participant),
          'track.unpublished': ({ participant }) => changed(participant),
        },
        keyOf: ({ room }) => room.name,
      })
    },
    resolve: (event) => event,
  }),
  liveRooms: t.field({
    type: [RoomType],
    description: 'What is live and may be watched by the caller, whole: now and after each change.',
    extensions: { grant: 'PLAY', sharing: 'STATE' },
    subscribe: (_root, _args, { core }) => {
      const change = () => true
      return events<boolean>(core.events, {
        present: () => [true],
        on: {
          'stream.started': change,
          'stream.ended': change,
          'track.published': change,
          'track.unpublished': change,
          'track.changed': change,
          'viewer.joined': change,
          'viewer.left': change,
          'app.changed': change,
        },
        // All changes are one: whoever is slow gets the latest state.
        keyOf: () => 'state',
      })
    },
    resolve: (_event, _args, { core, caller }) =>
      liveRooms(core.rooms.list(), (room) => core.access.allows(caller, 'PLAY', { app: room.app, room: room.name })),
  }),
}))

const isLive = (room: Room) => room.publishers.length > 0

function liveRooms(rooms: Room[], visible: (room: Room) => boolean, wanted = isLive): Room[] {
  return rooms.filter((room) => wanted(room) && visible(room)).sort((a, b) => a.name.localeCompare(b.name))
}
