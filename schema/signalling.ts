import type { Peer } from '../core/signalling/peer.ts'
import { builder } from './builder.ts'
import { given } from './given.ts'
import { ParticipantType } from './refs.ts'

/** Every field about a peer's own things checks, in core, who asks. */
export const CHECKED = { extensions: { grant: 'CHECKED' as const } }

export const MediaKindEnum = builder.enumType('MediaKind', {
  description: "What a producer or consumer carries, in mediasoup's own words.",
  values: { audio: { description: 'Sound.' }, video: { description: 'Pictures.' } } as const,
})

const JoinedRoom = builder.objectRef<Peer>('JoinedRoom').implement({
  description: 'What somebody who has just joined needs to publish and to consume.',
  fields: (t) => ({
    participant: t.field({ type: ParticipantType, description: 'Who you are now.', resolve: ({ participant }) => participant }),
    routerRtpCapabilities: t.field({
      type: 'JSON',
      description: 'For `device.load({ routerRtpCapabilities })`.',
      resolve: ({ room }) => room.media.main.rtpCapabilities,
    }),
    iceServers: t.field({
      type: 'JSON',
      description: "STUN and TURN servers, for the transports' `iceServers`.",
      resolve: (_peer, _args, { core }) => core.signalling.iceServers,
    }),
  }),
})

const place = {
  app: { description: 'App of the room; absent: the one that its full name belongs to.' },
  room: { required: true as const, description: 'Full name of the room, or beside `app` its name in it.' },
}

builder.queryField('routerRtpCapabilities', (t) =>
  t.field({
    type: 'JSON',
    ...CHECKED,
    description: 'What a room can carry, for `device.load({ routerRtpCapabilities })`.',
    args: { room: t.arg.string(place.room), app: t.arg.string(place.app) },
    resolve: (_root, { room, app }, { core, caller }) => core.signalling.routerRtpCapabilities(caller, { room, ...given({ app }) }),
  }),
)

builder.mutationFields((t) => ({
  joinRoom: t.field({
    type: JoinedRoom,
    ...CHECKED,
    description:
      'Lets you into a room as a participant that signals for itself. You stay for as long as one of your transports is connected or ' +
      'you follow `transportEvents` or `consumerEvents`; 10 s after the last transport was lost, or a minute of silence without any, you have left.',
    args: {
      room: t.arg.string(place.room),
      app: t.arg.string(place.app),
      identity: t.arg.string({
        description: 'Who you are, unique in the room: 1 to 128 of A-Z a-z 0-9 _ . @ : + -; absent: one is made up.',
      }),
      name: t.arg.string({ description: 'What people call you; absent: your identity.' }),
      metadata: t.arg.string({ description: 'Whatever you want to say about yourself, 16384 characters at most.' }),
      takeover: t.arg.boolean({ description: 'Whether you replace who has the identity, if that was you.' }),
    },
    resolve: (_root, { room, ...args }, { core, caller }) => core.signalling.join(caller, { room, ...given(args) }),
  }),
  leaveRoom: t.field({
    type: ParticipantType,
    ...CHECKED,
    description: 'Leaves a room; everything that is yours there closes.',
    args: { participantId: t.arg.id({ required: true, description: 'Who you are there.' }) },
    resolve: (_root, { participantId }, { core, caller }) => {
      const { participant } = core.signalling.peer(caller, participantId)
      participant.leave('LEFT')
      return participant
    },
  }),
}))
