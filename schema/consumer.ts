import type { types } from 'mediasoup'
import type { CloseReason } from '../core/room/close-reason.ts'
import type { ConsumerChange, PeerConsumer } from '../core/signalling/peer-consumer.ts'
import { builder } from './builder.ts'
import { CloseReasonEnum } from './enums.ts'
import { ParticipantType, TrackType } from './refs.ts'
import { CHECKED, MediaKindEnum } from './signalling.ts'
import { peerEvents } from './watching.ts'

const ConsumerLayers = builder.objectRef<types.ConsumerLayers>('ConsumerLayers').implement({
  description: 'Layers of a simulcast or SVC track; 0 is the smallest.',
  fields: (t) => ({
    spatialLayer: t.exposeInt('spatialLayer', { description: 'Spatial layer: the size of the picture.' }),
    temporalLayer: t.exposeInt('temporalLayer', { nullable: true, description: 'Temporal layer: the frames per second.' }),
  }),
})

const ConsumerType = builder.objectRef<PeerConsumer>('Consumer').implement({
  description: "What you receive of one track; mediasoup-client's `recvTransport.consume` takes its first four fields as they are.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unguessable id; told to nobody else.' }),
    producerId: t.id({ description: 'Id of the producer.', resolve: ({ media }) => media.producerId }),
    kind: t.field({ type: MediaKindEnum, description: 'What it carries.', resolve: ({ media }) => media.kind }),
    rtpParameters: t.field({ type: 'JSON', description: 'As mediasoup has them.', resolve: ({ media }) => media.rtpParameters }),
    type: t.string({ description: 'simple, simulcast or svc.', resolve: ({ type }) => type }),
    paused: t.boolean({ description: 'Whether you have paused it.', resolve: ({ media }) => media.paused }),
    producerPaused: t.boolean({ description: 'Whether its publisher has muted it.', resolve: ({ media }) => media.producerPaused }),
    score: t.field({
      type: 'JSON',
      description: '`score`: how well it reaches you, 0 to 10; `producerScore`: how well it reaches us.',
      resolve: ({ media }) => media.score,
    }),
    currentLayers: t.field({
      type: ConsumerLayers,
      nullable: true,
      description: 'What you get at the moment; null: nothing, or a track without layers.',
      resolve: ({ media, type }) => (type === 'simple' ? null : media.currentLayers),
    }),
    preferredLayers: t.field({
      type: ConsumerLayers,
      nullable: true,
      description: 'What you get at most.',
      resolve: ({ media, type }) => (type === 'simple' ? null : media.preferredLayers),
    }),
    priority: t.int({ description: '1 to 255; more goes first when bandwidth is short.', resolve: ({ media }) => media.priority }),
    track: t.field({ type: TrackType, description: 'The track.', resolve: ({ track }) => track }),
    participant: t.field({ type: ParticipantType, description: 'Who publishes it.', resolve: ({ track }) => track.participant }),
  }),
})

const consumerId = { required: true as const, description: 'Id of the consumer.' }
const layer = { description: 'Highest temporal layer; absent: all.' }

builder.mutationFields((t) => ({
  consume: t.field({
    type: ConsumerType,
    ...CHECKED,
    description:
      'Begins to send you a track, however it came in. It is paused: resume it when your receiver is ready. Needs PLAY; 500 consumers at most.',
    args: {
      transportId: t.arg.id({ required: true, description: 'The transport that it goes through.' }),
      producerId: t.arg.id({ required: true, description: 'Id of the producer, or of its track.' }),
      rtpCapabilities: t.arg({ type: 'JSON', required: true, description: "Your device's: `device.rtpCapabilities`." }),
      paused: t.arg.boolean({ defaultValue: true, description: 'Whether it begins paused.' }),
    },
    resolve: (_root, { transportId, producerId, rtpCapabilities, paused }, { core, caller }) => {
      const transport = core.signalling.transport(caller, transportId, 'PLAY')
      return transport.consume(core.signalling.source(transport.peer.room, producerId), rtpCapabilities, paused ?? true)
    },
  }),
  pauseConsumer: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: 'Stops sending you a track for a while.',
    args: { consumerId: t.arg.id(consumerId) },
    resolve: (_root, args, { core, caller }) => after(core.signalling.consumer(caller, args.consumerId), (one) => one.pause()),
  }),
  resumeConsumer: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: 'Sends you the track from now on; a video begins with a keyframe.',
    args: { consumerId: t.arg.id(consumerId) },
    resolve: (_root, args, { core, caller }) => after(core.signalling.consumer(caller, args.consumerId), (one) => one.resume()),
  }),
  setConsumerPreferredLayers: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: 'Chooses the layers that you get at most of a simulcast or SVC track.',
    args: {
      consumerId: t.arg.id(consumerId),
      spatialLayer: t.arg.int({ required: true, description: 'Highest spatial layer; 0 is the smallest picture.' }),
      temporalLayer: t.arg.int(layer),
    },
    resolve: (_root, { spatialLayer, temporalLayer, ...args }, { core, caller }) =>
      after(core.signalling.consumer(caller, args.consumerId), (one) =>
        one.prefer({ spatialLayer, ...(temporalLayer != null && { temporalLayer }) }),
      ),
  }),
  setConsumerPriority: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: 'Says how much a consumer matters among yours when bandwidth is short.',
    args: { consumerId: t.arg.id(consumerId), priority: t.arg.int({ required: true, description: '1 to 255; more goes first.' }) },
    resolve: (_root, { priority, ...args }, { core, caller }) =>
      after(core.signalling.consumer(caller, args.consumerId), (one) => one.setPriority(priority)),
  }),
  requestKeyFrame: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: "Asks the track's sender for a keyframe.",
    args: { consumerId: t.arg.id(consumerId) },
    resolve: (_root, args, { core, caller }) => after(core.signalling.consumer(caller, args.consumerId), (one) => one.requestKeyFrame()),
  }),
  closeConsumer: t.field({
    type: ConsumerType,
    ...CHECKED,
    description: 'Stops sending you a track for good.',
    args: { consumerId: t.arg.id(consumerId) },
    resolve: (_root, args, { core, caller }) =>
      after(core.signalling.consumer(caller, args.consumerId), async (one) => one.close('REQUESTED')),
  }),
}))

async function after(consumer: PeerConsumer, step: (consumer: PeerConsumer) => Promise<void>): Promise<PeerConsumer> {
  await step(consumer)
  return consumer
}

const ConsumerEventTypeEnum = builder.enumType('ConsumerEventType', {
  description: 'What happened to a consumer.',
  values: {
    PRESENT: { description: 'It was there when the subscription began.' },
    CREATED: { description: 'It has come.' },
    PAUSED: { description: 'You have paused it.' },
    RESUMED: { description: 'You have resumed it.' },
    PRODUCER_PAUSED: { description: 'Its publisher has muted the track.' },
    PRODUCER_RESUMED: { description: 'Its publisher has unmuted the track.' },
    LAYERS_CHANGED: { description: 'You get other layers now.' },
    SCORE: { description: 'It arrives better or worse.' },
    CLOSED: { description: 'It has gone.' },
  } as const,
})

type Event = { change: ConsumerChange | 'PRESENT'; consumer: PeerConsumer; reason?: CloseReason }

const ConsumerEvent = builder.objectRef<Event>('ConsumerEvent').implement({
  description: 'Something about a consumer of yours.',
  fields: (t) => ({
    type: t.expose('change', { type: ConsumerEventTypeEnum, description: 'What happened.' }),
    consumer: t.expose('consumer', { type: ConsumerType, description: 'The consumer, as it is now.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it closed.' }),
  }),
})

builder.subscriptionField('consumerEvents', (t) =>
  t.field({
    type: ConsumerEvent,
    ...CHECKED,
    description: 'Your consumers, then what happens to each: pauses, layers, scores and ends. Ends when you have left the room.',
    args: {
      participantId: t.arg.id({ description: 'Who you are: all your consumers.' }),
      transportId: t.arg.id({ description: 'Only those of this transport.' }),
    },
    subscribe: (_root, args, { core, caller }) => {
      const only = args.transportId == null ? undefined : core.signalling.transport(caller, args.transportId)
      const peer = only?.peer ?? core.signalling.peer(caller, args.participantId ?? '')
      const wanted = ({ consumer }: { consumer: PeerConsumer }) => only === undefined || consumer.transport === only.media
      const keyOf = ({ change, consumer }: Event) => `${consumer.id} ${change}`
      const feed = peerEvents<'consumer', Event>(peer, 'consumer', { keyOf, wanted })
      for (const consumer of peer.consumers.values()) if (wanted({ consumer })) feed.push({ change: 'PRESENT', consumer })
      return feed
    },
    resolve: (event) => event,
  }),
)
