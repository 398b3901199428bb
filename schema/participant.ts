import type { CloseReason } from '../core/room/close-reason.ts'
import type { Participant } from '../core/room/participant.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { ParticipantType, RoomType, TrackType } from './refs.ts'
import { idTarget, roomTarget } from './targets.ts'
import { isToldOf, mayObserve, stillWatched, watchedRoom } from './watching.ts'

builder.node(ParticipantType, {
  description: 'One party in a room: a browser, an encoder, an analyser.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core }) => core.rooms.participant(id),
  fields: (t) => ({
    identity: t.exposeString('identity', { description: 'Who it is; unique in its room.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    metadata: t.exposeString('metadata', { description: 'Whatever its owner wants to say about it.' }),
    kind: t.exposeString('kind', { description: 'The way it came in, such as RTMP or WHIP.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'When it joined.' }),
    remoteAddress: t.string({
      nullable: true,
      description: 'Where it came from, for those who may observe.',
      resolve: ({ room, remoteAddress }, _args, { caller }) => (mayObserve(caller, room) ? remoteAddress : null),
    }),
    hidden: t.exposeBoolean('hidden', { description: 'Whether nobody else in the room is told of it.' }),
    publishing: t.exposeBoolean('publishing', { description: 'Whether it publishes anything.' }),
    room: t.field({ type: RoomType, description: 'The room it is in.', resolve: ({ room }) => room }),
    tracks: t.field({ type: [TrackType], description: 'What it publishes.', resolve: ({ tracks }) => [...tracks.values()] }),
  }),
})

const id = { required: true as const, description: 'Its id.' }

builder.queryFields((t) => ({
  participants: t.field({
    type: [ParticipantType],
    description: 'Everybody in one room, or in all.',
    extensions: { target: roomTarget.room },
    args: { room: t.arg.string({ description: 'Full name of the room.' }) },
    resolve: (_root, { room }, { core, caller }) => {
      const rooms = room == null ? core.rooms.list() : [core.rooms.get(room)]
      return rooms.flatMap(({ participants }) => [...participants.values()].filter((one) => isToldOf(caller, one)))
    },
  }),
  participant: t.field({
    type: ParticipantType,
    description: 'One participant.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.rooms.participant(args.id),
  }),
}))

builder.mutationFields((t) => ({
  removeParticipant: t.field({
    type: ParticipantType,
    description: 'Makes a participant leave; its encoder is disconnected.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => {
      const participant = core.rooms.participant(args.id)
      participant.leave('REQUESTED')
      return participant
    },
  }),
}))

type Event = { change: EventChange; participant: Participant; reason?: CloseReason }

const ParticipantEvent = builder.objectRef<Event>('ParticipantEvent').implement({
  description: 'Something about a participant.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    participant: t.expose('participant', { type: ParticipantType, description: 'The participant.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it left.' }),
  }),
})

builder.subscriptionFields((t) => ({
  participantEvents: t.field({
    type: ParticipantEvent,
    description:
      'Every participant, then each that joins, changes (also when it publishes or unpublishes) or leaves. Needs OBSERVE, or PLAY in that room.',
    extensions: { grant: 'CHECKED' },
    args: { room: t.arg.string({ description: 'Full name of the room; absent: all rooms.' }) },
    subscribe: (_root, args, context) => {
      const { core } = context
      const room = watchedRoom(context, args.room)
      const mine = (participant: Participant, change: EventChange, reason?: CloseReason): Event | undefined =>
        (room === undefined || participant.room.name === room) && isToldOf(context.caller, participant)
          ? { change, participant, ...(reason && { reason }) }
          : undefined
      const changed = ({ participant }: { participant: Participant }) => (participant.left ? undefined : mine(participant, 'CHANGED'))
      return events<Event>(core.events, {
        present: () => core.rooms.list().flatMap((open) => [...open.participants.values()].flatMap((one) => mine(one, 'PRESENT') ?? [])),
        on: {
          'participant.joined': (participant) => mine(participant, 'CREATED'),
          'participant.changed': (participant) => mine(participant, 'CHANGED'),
          'participant.left': (participant, reason) => mine(participant, 'DELETED', reason),
          'track.published': changed,
          'track.changed': changed,
          'track.unpublished': changed,
        },
        keyOf: ({ participant }) => participant.id,
      })
    },
    resolve: stillWatched,
  }),
}))
