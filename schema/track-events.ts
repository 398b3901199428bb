import type { CloseReason } from '../core/room/close-reason.ts'
import type { Track } from '../core/room/track.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { TrackType } from './refs.ts'
import { CHECKED } from './signalling.ts'
import { stillWatched, watchedRoom } from './watching.ts'

type Event = { change: EventChange; track: Track; reason?: CloseReason }

const TrackEvent = builder.objectRef<Event>('TrackEvent').implement({
  description: 'Something about a track.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    track: t.expose('track', { type: TrackType, description: 'The track.' }),
    producerId: t.id({ description: 'Id of its producer, for `consume`.', resolve: ({ track }) => track.producer.id }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it ended.' }),
  }),
})

builder.subscriptionField('trackEvents', (t) =>
  t.field({
    type: TrackEvent,
    ...CHECKED,
    description:
      'Every track, then each that is published, changes (also when it is muted, or gets another producer) or ends. Needs OBSERVE, or PLAY in that room.',
    args: { room: t.arg.string({ description: 'Full name of the room; absent: all rooms.' }) },
    subscribe: (_root, args, context) => {
      const { core } = context
      const name = watchedRoom(context, args.room)
      const mine = (track: Track, change: EventChange, reason?: CloseReason): Event | undefined =>
        name === undefined || track.participant.room.name === name ? { change, track, ...(reason && { reason }) } : undefined
      return events<Event>(core.events, {
        present: () => core.rooms.list().flatMap(({ tracks }) => tracks.flatMap((track) => mine(track, 'PRESENT') ?? [])),
        on: {
          'track.published': (track) => mine(track, 'CREATED'),
          'track.changed': (track) => mine(track, 'CHANGED'),
          'track.remade': (track) => mine(track, 'CHANGED'),
          'track.unpublished': (track, reason) => mine(track, 'DELETED', reason),
        },
        keyOf: ({ track }) => track.id,
      })
    },
    resolve: stillWatched,
  }),
)
