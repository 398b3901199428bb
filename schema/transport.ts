import type { TransportEvent } from '../core/signalling/peer.ts'
import type { PeerTransport } from '../core/signalling/peer-transport.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { CHECKED } from './signalling.ts'
import { peerEvents } from './watching.ts'

const TransportDirectionEnum = builder.enumType('TransportDirection', {
  description: 'What a transport is made for.',
  values: {
    SEND: { description: 'To produce.' },
    RECV: { description: 'To consume.' },
    SENDRECV: { description: 'To do both.' },
  } as const,
})

const TransportType = builder.objectRef<PeerTransport>('WebRtcTransport').implement({
  description:
    "The server's side of one WebRTC transport. mediasoup-client's `createSendTransport` and `createRecvTransport` take its JSON as it is.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unguessable id; told to nobody else.' }),
    direction: t.expose('direction', { type: TransportDirectionEnum, description: 'What it is made for.' }),
    iceParameters: t.field({ type: 'JSON', description: 'As mediasoup has them.', resolve: ({ media }) => media.iceParameters }),
    iceCandidates: t.field({ type: 'JSON', description: 'As mediasoup has them.', resolve: ({ media }) => media.iceCandidates }),
    dtlsParameters: t.field({ type: 'JSON', description: 'As mediasoup has them.', resolve: ({ media }) => media.dtlsParameters }),
    sctpParameters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As mediasoup has them, for data channels.',
      resolve: ({ media }) => media.sctpParameters,
    }),
    iceServers: t.field({
      type: 'JSON',
      description: 'STUN and TURN servers, as a peer connection takes them.',
      resolve: (_transport, _args, { core }) => core.signalling.iceServers,
    }),
    iceState: t.string({ description: 'new, connected, completed, disconnected or closed.', resolve: ({ media }) => media.iceState }),
    dtlsState: t.string({ description: 'new, connecting, connected, failed or closed.', resolve: ({ media }) => media.dtlsState }),
    sctpState: t.string({
      nullable: true,
      description: 'new, connecting, connected, failed or closed.',
      resolve: ({ media }) => media.sctpState,
    }),
  }),
})

const transportId = { required: true as const, description: 'Id of the transport.' }

builder.mutationFields((t) => ({
  createWebRtcTransport: t.field({
    type: TransportType,
    ...CHECKED,
    description: 'Makes a transport, with data channels; a participant has at most 4 of them.',
    args: {
      participantId: t.arg.id({ required: true, description: 'Who you are, from `joinRoom`.' }),
      direction: t.arg({ type: TransportDirectionEnum, defaultValue: 'SENDRECV', description: 'What it is made for.' }),
    },
    resolve: (_root, { participantId, direction }, { core, caller }) =>
      core.signalling.peer(caller, participantId).openTransport(direction ?? 'SENDRECV'),
  }),
  connectWebRtcTransport: t.field({
    type: TransportType,
    ...CHECKED,
    description: "Starts a transport's encryption: the answer to mediasoup-client's `connect` event. Works once.",
    args: {
      transportId: t.arg.id(transportId),
      dtlsParameters: t.arg({ type: 'JSON', required: true, description: "The client's DTLS parameters." }),
    },
    resolve: async (_root, args, { core, caller }) => {
      const transport = core.signalling.transport(caller, args.transportId)
      await transport.connect(args.dtlsParameters)
      return transport
    },
  }),
  restartIce: t.field({
    type: TransportType,
    ...CHECKED,
    description: "Gives a transport new ICE parameters, for mediasoup-client's `transport.restartIce({ iceParameters })`.",
    args: { transportId: t.arg.id(transportId) },
    resolve: async (_root, args, { core, caller }) => {
      const transport = core.signalling.transport(caller, args.transportId)
      await transport.restartIce()
      return transport
    },
  }),
  closeTransport: t.field({
    type: TransportType,
    ...CHECKED,
    description: 'Closes a transport, with everything that flows through it.',
    args: { transportId: t.arg.id(transportId) },
    resolve: (_root, args, { core, caller }) => {
      const transport = core.signalling.transport(caller, args.transportId)
      transport.close('REQUESTED')
      return transport
    },
  }),
}))

type Event = Omit<TransportEvent, 'change'> & { change: TransportEvent['change'] | 'PRESENT' }

const TransportEventType = builder.objectRef<Event>('TransportEvent').implement({
  description: 'Something about a transport of yours.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    transport: t.expose('transport', { type: TransportType, description: 'The transport, with its states.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it closed.' }),
  }),
})

builder.subscriptionField('transportEvents', (t) =>
  t.field({
    type: TransportEventType,
    ...CHECKED,
    description:
      'Your transports, then each that comes, changes its ICE, DTLS or SCTP state, or closes. Ends when you have left the room: the reason ' +
      'of the last event says why.',
    args: {
      participantId: t.arg.id({ description: 'Who you are: all your transports.' }),
      transportId: t.arg.id({ description: 'Only this transport.' }),
    },
    subscribe: (_root, args, { core, caller }) => {
      const only = args.transportId == null ? undefined : core.signalling.transport(caller, args.transportId)
      const peer = only?.peer ?? core.signalling.peer(caller, args.participantId ?? '')
      const wanted = ({ transport }: { transport: PeerTransport }) => only === undefined || transport === only
      const feed = peerEvents<'transport', Event>(peer, 'transport', { keyOf: ({ transport }) => transport.id, wanted })
      for (const transport of peer.transports.values()) if (wanted({ transport })) feed.push({ change: 'PRESENT', transport })
      return feed
    },
    resolve: (event) => event,
  }),
)
