import type { GraphQLSchema } from 'graphql'
import { pluginBuilder } from '../kit/schema.ts'
import type { Pulls } from './pulls.ts'
import { PULL_STATES, type PullSample } from './sample.ts'

/** Adds what is pulled to the API, and `pull` to every ingress that pulls. */
export function pullSchema(pulls: Pulls): GraphQLSchema {
  const builder = pluginBuilder()

  const State = builder.enumType('PullState', {
    description: 'What a pull is doing.',
    values: Object.fromEntries(PULL_STATES.map((state) => [state, { description: STATES[state] }])) as Record<
      (typeof PULL_STATES)[number],
      { description: string }
    >,
  })

  const PullType = builder.objectRef<PullSample>('Pull').implement({
    description: 'One source that is pulled into a room. Its address is never told: it may hold a password.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of its ingress.' }),
      ingress: t.field({ type: builder.coreObject('Ingress'), description: 'What configured it.', resolve: ({ id }) => ({ id }) }),
      participant: t.field({
        type: builder.coreObject('Participant'),
        nullable: true,
        description: 'Whom it publishes as; null while it is not in the room.',
        resolve: ({ participantId }) => (participantId === undefined ? null : { id: participantId }),
      }),
      app: t.exposeString('app', { description: 'The app of its room.' }),
      room: t.exposeString('room', { description: 'Full name of its room.' }),
      identity: t.exposeString('identity', { description: 'Its identity in the room.' }),
      kind: t.exposeString('kind', { description: '`RTSP`, or `URL` for what is loaded by HTTP.' }),
      state: t.field({ type: State, description: 'What it is doing.', resolve: ({ state }) => state }),
      since: t.expose('since', { type: 'DateTime', description: 'When it began to do so.' }),
      retries: t.exposeInt('retries', { description: 'How often it was connected to again.' }),
      lastError: t.exposeString('lastError', { nullable: true, description: 'Why it is not live; null while it is.' }),
      bitrateBps: t.exposeInt('bitrateBps', { description: 'What came during the last second, in bits per second.' }),
      receivedBytes: t.expose('receivedBytes', { type: 'BigInt', description: 'What has come so far, in bytes.' }),
      videoCodec: t.exposeString('videoCodec', { nullable: true, description: 'As it comes: `H264`. Null without video.' }),
      audioCodec: t.exposeString('audioCodec', { nullable: true, description: 'As it comes: `OPUS`. Null without audio.' }),
      framesPerSecond: t.exposeInt('framesPerSecond', { nullable: true, description: 'As measured; null until that is known.' }),
      gopMs: t.exposeInt('gopMs', { nullable: true, description: 'Time between the last two keyframes, in milliseconds.' }),
      bFrames: t.exposeBoolean('bFrames', { nullable: true, description: 'Whether it has B-frames, which have to be transcoded.' }),
      transcoded: t.exposeBoolean('transcoded', { nullable: true, description: 'Whether its picture is transcoded.' }),
    }),
  })

  builder.extend('Ingress', (t) => ({
    pull: t.field({
      type: PullType,
      nullable: true,
      description: 'What is pulled; null for an ingress that is published to.',
      resolve: ({ id }) => pulls.of(id)?.sample,
    }),
  }))

  builder.queryField('pulls', (t) =>
    t.field({
      type: [PullType],
      description: 'Everything that is pulled into the rooms of an app.',
      extensions: { grant: 'ingress:read' },
      args: { app: t.arg.string({ required: true, description: 'The app.' }) },
      resolve: (_root, { app }) => pulls.list(app).map(({ sample }) => sample),
    }),
  )

  builder.subscriptionField('pullSamples', (t) =>
    t.field({
      type: PullType,
      description:
        'Everything that is pulled into the rooms of an app as it is, then each once a second. A slow reader gets the latest of each.',
      extensions: { grant: 'ingress:read' },
      args: { app: t.arg.string({ required: true, description: 'The app.' }) },
      subscribe: (_root, { app }) => pulls.watch(app),
      resolve: (sample) => sample,
    }),
  )

  builder.mutationField('restartPull', (t) =>
    t.field({
      type: PullType,
      description: 'Connects to a source anew, whatever it is doing; also what was stopped or has ended.',
      extensions: { grant: 'ingress:write' },
      args: {
        app: t.arg.string({ required: true, description: 'The app.' }),
        id: t.arg.id({ required: true, description: 'The ingress.' }),
      },
      resolve: (_root, { app, id }) => pulls.restart(app, String(id)).sample,
    }),
  )
  return builder.toSchema()
}

const STATES: Readonly<Record<(typeof PULL_STATES)[number], string>> = {
  WAITING: 'Too many others are pulled; it begins when one of them ends.',
  CONNECTING: 'Its server is being asked.',
  LIVE: 'Its media comes.',
  RECONNECTING: 'It was lost, or could not be reached, and is tried again after a while.',
  COMPLETE: 'A file that was played to its end.',
  FAILED: 'Trying again is useless until its address or the app changes.',
  STOPPED: 'Somebody stopped it or took its place; it begins again when it is restarted.',
}
