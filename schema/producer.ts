import type { Track } from '../core/room/track.ts'
import { builder } from './builder.ts'
import { ParticipantType, TrackType } from './refs.ts'
import { CHECKED, MediaKindEnum } from './signalling.ts'

const TrackSourceEnum = builder.enumType('TrackSource', {
  description: 'What a track shows or lets hear.',
  values: {
    CAMERA: { description: 'A camera.' },
    MICROPHONE: { description: 'A microphone.' },
    SCREEN: { description: 'A shared screen, window or tab.' },
    SCREEN_AUDIO: { description: 'The sound of what is shared.' },
  } as const,
})

builder.objectFields(TrackType, (t) => ({
  producerId: t.id({
    description: 'Id of the mediasoup producer that carries it, for `consume`; another one after its media worker died.',
    resolve: ({ producer }) => producer.id,
  }),
  source: t.field({
    type: TrackSourceEnum,
    nullable: true,
    description: 'What it shows, where its publisher said so.',
    resolve: ({ info }) => info.source,
  }),
  appData: t.field({
    type: 'JSON',
    description: 'Whatever its publisher said about it when it was produced.',
    resolve: ({ info }) => info.appData ?? {},
  }),
}))

const ProducerType = builder.objectRef<Track>('Producer').implement({
  description: 'A track of yours, as mediasoup-client sees it.',
  fields: (t) => ({
    id: t.id({ description: "Id for mediasoup-client's `produce` callback.", resolve: ({ producer }) => producer.id }),
    kind: t.expose('kind', { type: MediaKindEnum, description: 'What it carries.' }),
    type: t.string({ description: 'simple, simulcast or svc.', resolve: ({ producer }) => producer.type }),
    paused: t.exposeBoolean('muted', { description: 'Whether it is held back from everybody.' }),
    rtpParameters: t.field({ type: 'JSON', description: 'As mediasoup has them.', resolve: ({ producer }) => producer.rtpParameters }),
    score: t.field({
      type: 'JSON',
      description: 'How well each of its streams arrives, 0 to 10.',
      resolve: ({ producer }) => producer.score,
    }),
    track: t.field({ type: TrackType, description: 'The same, as every other API sees it.', resolve: (track) => track }),
    participant: t.field({ type: ParticipantType, description: 'You.', resolve: ({ participant }) => participant }),
  }),
})

const producerId = { required: true as const, description: 'Id of the producer, or of its track.' }

builder.mutationFields((t) => ({
  produce: t.field({
    type: ProducerType,
    ...CHECKED,
    description:
      "Publishes a track: the answer to mediasoup-client's `produce` event. Needs PUBLISH; a participant has at most 20 producers.",
    args: {
      transportId: t.arg.id({ required: true, description: 'The transport that it comes through.' }),
      kind: t.arg({ type: MediaKindEnum, required: true, description: 'What it carries.' }),
      rtpParameters: t.arg({ type: 'JSON', required: true, description: 'As mediasoup-client gives them.' }),
      paused: t.arg.boolean({ description: 'Whether it begins muted.' }),
      source: t.arg({ type: TrackSourceEnum, description: 'What it shows.' }),
      appData: t.arg({ type: 'JSON', description: 'Whatever you want to say about it: an object of at most 8192 characters.' }),
    },
    resolve: (_root, { transportId, kind, rtpParameters, paused, source, appData }, { core, caller }) =>
      core.signalling
        .transport(caller, transportId, 'PUBLISH')
        .produce({ kind, rtpParameters, paused: paused ?? false, ...(source != null && { source }), appData }),
  }),
  pauseProducer: t.field({
    type: ProducerType,
    ...CHECKED,
    description: 'Holds a track of yours back from everybody: mutes it.',
    args: { producerId: t.arg.id(producerId) },
    resolve: async (_root, args, { core, caller }) => {
      const track = core.signalling.producer(caller, args.producerId)
      await track.mute(true)
      return track
    },
  }),
  resumeProducer: t.field({
    type: ProducerType,
    ...CHECKED,
    description: 'Lets a muted track of yours through again.',
    args: { producerId: t.arg.id(producerId) },
    resolve: async (_root, args, { core, caller }) => {
      const track = core.signalling.producer(caller, args.producerId)
      await track.mute(false)
      return track
    },
  }),
  closeProducer: t.field({
    type: ProducerType,
    ...CHECKED,
    description: 'Ends a track of yours.',
    args: { producerId: t.arg.id(producerId) },
    resolve: (_root, args, { core, caller }) => {
      const track = core.signalling.producer(caller, args.producerId)
      track.close('REQUESTED')
      return track
    },
  }),
}))
