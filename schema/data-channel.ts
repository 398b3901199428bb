import type { CloseReason } from '../core/room/close-reason.ts'
import type { PeerDataConsumer, PeerDataProducer } from '../core/signalling/data-flow.ts'
import { builder } from './builder.ts'
import { ChangeEnum, CloseReasonEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { given } from './given.ts'
import { ParticipantType } from './refs.ts'
import { CHECKED } from './signalling.ts'
import { stillWatched, watchedRoom } from './watching.ts'

const DataProducerType = builder.objectRef<PeerDataProducer>('DataProducer').implement({
  description: 'One data channel that a participant sends into its room.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unguessable id.' }),
    label: t.string({ description: 'What it is called.', resolve: ({ media }) => media.label }),
    protocol: t.string({ description: 'What is spoken in it.', resolve: ({ media }) => media.protocol }),
    sctpStreamParameters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As mediasoup has them.',
      resolve: ({ media }) => media.sctpStreamParameters,
    }),
    appData: t.expose('appData', { type: 'JSON', description: 'Whatever its sender said about it.' }),
    participant: t.field({ type: ParticipantType, description: 'Who sends it.', resolve: ({ participant }) => participant }),
  }),
})

const DataConsumerType = builder.objectRef<PeerDataConsumer>('DataConsumer').implement({
  description:
    "What you receive of one data channel; mediasoup-client's `recvTransport.consumeData` takes its first five fields as they are.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unguessable id; told to nobody else.' }),
    dataProducerId: t.id({ description: 'Id of the data producer.', resolve: ({ media }) => media.dataProducerId }),
    sctpStreamParameters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As mediasoup has them.',
      resolve: ({ media }) => media.sctpStreamParameters,
    }),
    label: t.string({ description: 'What it is called.', resolve: ({ media }) => media.label }),
    protocol: t.string({ description: 'What is spoken in it.', resolve: ({ media }) => media.protocol }),
    dataProducer: t.field({ type: DataProducerType, description: 'The data producer.', resolve: ({ from }) => from }),
    participant: t.field({ type: ParticipantType, description: 'Who sends it.', resolve: ({ from }) => from.participant }),
  }),
})

const dataProducerId = { required: true as const, description: 'Id of the data producer.' }

builder.mutationFields((t) => ({
  produceData: t.field({
    type: DataProducerType,
    ...CHECKED,
    description:
      "Opens a data channel into the room: the answer to mediasoup-client's `producedata` event. Needs PUBLISH, or a join token that lets send data; 20 at most.",
    args: {
      transportId: t.arg.id({ required: true, description: 'The transport that it comes through.' }),
      sctpStreamParameters: t.arg({ type: 'JSON', required: true, description: 'As mediasoup-client gives them.' }),
      label: t.arg.string({ description: 'What it is called, 256 characters at most.' }),
      protocol: t.arg.string({ description: 'What is spoken in it, 256 characters at most.' }),
      appData: t.arg({ type: 'JSON', description: 'Whatever you want to say about it: an object of at most 8192 characters.' }),
    },
    resolve: (_root, { transportId, sctpStreamParameters, appData, ...args }, { core, caller }) =>
      core.signalling.transport(caller, transportId, 'DATA').produceData({ sctpStreamParameters, appData, ...given(args) }),
  }),
  consumeData: t.field({
    type: DataConsumerType,
    ...CHECKED,
    description: 'Begins to send you what comes through a data channel. Needs PLAY; 500 at most.',
    args: {
      transportId: t.arg.id({ required: true, description: 'The transport that it goes through.' }),
      dataProducerId: t.arg.id(dataProducerId),
    },
    resolve: (_root, args, { core, caller }) => {
      const transport = core.signalling.transport(caller, args.transportId, 'PLAY')
      return transport.consumeData(core.signalling.dataSource(transport.peer.room, args.dataProducerId))
    },
  }),
  closeDataProducer: t.field({
    type: DataProducerType,
    ...CHECKED,
    description: 'Ends a data channel of yours.',
    args: { dataProducerId: t.arg.id(dataProducerId) },
    resolve: (_root, args, { core, caller }) => {
      const producer = core.signalling.dataProducer(caller, args.dataProducerId)
      producer.close('REQUESTED')
      return producer
    },
  }),
  closeDataConsumer: t.field({
    type: DataConsumerType,
    ...CHECKED,
    description: 'Stops sending you what comes through a data channel.',
    args: { dataConsumerId: t.arg.id({ required: true, description: 'Id of the data consumer.' }) },
    resolve: (_root, args, { core, caller }) => {
      const consumer = core.signalling.dataConsumer(caller, args.dataConsumerId)
      consumer.close()
      return consumer
    },
  }),
}))

type Event = { change: EventChange; dataProducer: PeerDataProducer; reason?: CloseReason }

const DataProducerEvent = builder.objectRef<Event>('DataProducerEvent').implement({
  description: 'Something about a data channel.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    dataProducer: t.expose('dataProducer', { type: DataProducerType, description: 'The data producer.' }),
    reason: t.expose('reason', { type: CloseReasonEnum, nullable: true, description: 'Why it ended.' }),
  }),
})

builder.subscriptionField('dataProducerEvents', (t) =>
  t.field({
    type: DataProducerEvent,
    ...CHECKED,
    description: 'Every data channel in a room, then each that comes or goes. Needs OBSERVE, or PLAY in that room.',
    args: { room: t.arg.string({ description: 'Full name of the room; absent: all rooms.' }) },
    subscribe: (_root, args, context) => {
      const { core } = context
      const name = watchedRoom(context, args.room)
      const mine = (dataProducer: PeerDataProducer, change: EventChange, reason?: CloseReason): Event | undefined =>
        name === undefined || dataProducer.peer.room.name === name ? { change, dataProducer, ...(reason && { reason }) } : undefined
      return events<Event>(core.events, {
        present: () =>
          core.rooms.list().flatMap((room) => core.signalling.dataProducers(room).flatMap((one) => mine(one, 'PRESENT') ?? [])),
        on: {
          'dataProducer.opened': (producer) => mine(producer, 'CREATED'),
          'dataProducer.closed': (producer, reason) => mine(producer, 'DELETED', reason),
        },
        keyOf: ({ dataProducer }) => dataProducer.id,
      })
    },
    resolve: stillWatched,
  }),
)
