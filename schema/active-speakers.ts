import type { Speaker } from '../core/signalling/active-speakers.ts'
import { builder } from './builder.ts'
import { ParticipantType, TrackType } from './refs.ts'
import { watchedRoom } from './watching.ts'

const ActiveSpeaker = builder.objectRef<Speaker>('ActiveSpeaker').implement({
  description: 'Somebody who is speaking.',
  fields: (t) => ({
    participant: t.field({ type: ParticipantType, description: 'Who.', resolve: ({ track }) => track.participant }),
    track: t.expose('track', { type: TrackType, description: 'By which track.' }),
    volume: t.exposeInt('volume', { description: 'Loudness in dBvo, -127 (silence) to 0.' }),
    dominant: t.exposeBoolean('dominant', { description: 'Whether this is who leads the conversation.' }),
  }),
})

builder.subscriptionField('activeSpeakers', (t) =>
  t.field({
    type: [ActiveSpeaker],
    description: 'Who speaks in a room, loudest first and ten at most: now and after each change. Needs OBSERVE, or PLAY in that room.',
    extensions: { grant: 'CHECKED', sharing: 'STATE' },
    args: { room: t.arg.string({ required: true, description: 'Full name of the room.' }) },
    subscribe: (_root, { room }, context) => {
      const { core } = context
      const name = watchedRoom(context, room) ?? room
      return core.signalling.activeSpeakers(core.rooms.get(name)).watch()
    },
    resolve: (speakers) => [...speakers],
  }),
)
