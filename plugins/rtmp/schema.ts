import type { GraphQLSchema } from 'graphql'
import { pluginBuilder } from '../kit/schema.ts'
import type { RtmpSample } from './sample.ts'
import type { RtmpServer } from './server.ts'
import type { Sessions } from './sessions.ts'

/** Adds RTMP sessions and their live samples to the API, and `rtmp` to every participant that came in this way. */
export function rtmpSchema(sessions: Sessions, server: RtmpServer): GraphQLSchema {
  const builder = pluginBuilder()

  const Session = builder.objectRef<RtmpSample>('RtmpSession').implement({
    description: 'One encoder that publishes by RTMP.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Names the session until it is closed.' }),
      participant: t.field({
        type: builder.coreObject('Participant'),
        description: 'Whom it publishes as.',
        resolve: ({ participantId }) => ({ id: participantId }),
      }),
      app: t.exposeString('app', { description: 'The app of its room.' }),
      room: t.exposeString('room', { description: 'Full name of its room.' }),
      identity: t.exposeString('identity', { description: 'Its identity in the room.' }),
      encoder: t.exposeString('encoder', { description: 'What the encoder calls itself; empty when it does not say.' }),
      remoteAddress: t.exposeString('remoteAddress', { description: 'Where it comes from.' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was let in.' }),
      videoCodec: t.exposeString('videoCodec', { nullable: true, description: 'As the encoder sends it: `H264`. Null without video.' }),
      audioCodec: t.exposeString('audioCodec', { nullable: true, description: 'As the encoder sends it: `AAC`, … Null without audio.' }),
      widthPx: t.exposeInt('widthPx', { nullable: true, description: 'Width of the picture, in pixels.' }),
      heightPx: t.exposeInt('heightPx', { nullable: true, description: 'Height of the picture, in pixels.' }),
      framesPerSecond: t.exposeFloat('framesPerSecond', {
        nullable: true,
        description: 'Frames per second, as the encoder declares them.',
      }),
      receivedFramesPerSecond: t.exposeFloat('receivedFramesPerSecond', { description: 'Frames that came in during the last second.' }),
      bitrateBps: t.exposeInt('bitrateBps', { description: 'What came in during the last second, in bits per second.' }),
      gopMs: t.exposeInt('gopMs', { nullable: true, description: 'Time between the last two keyframes, in milliseconds.' }),
      bFrames: t.exposeBoolean('bFrames', {
        nullable: true,
        description: 'Whether the video has B-frames, which browsers can not play over WebRTC. Null until that is known.',
      }),
      transcoded: t.exposeBoolean('transcoded', {
        nullable: true,
        description: 'Whether the video is encoded again instead of passed through. Null until that is decided.',
      }),
      receivedBytes: t.exposeFloat('receivedBytes', { description: 'Everything that came in so far, in bytes.' }),
      droppedFrames: t.exposeInt('droppedFrames', { description: 'Frames that were dropped because a pipeline could not keep up.' }),
    }),
  })

  const Server = builder.objectRef<RtmpServer>('RtmpServer').implement({
    description: 'Where encoders connect to.',
    fields: (t) => ({
      port: t.exposeInt('port', { description: 'TCP port for rtmp://.' }),
      rtmpsPort: t.exposeInt('rtmpsPort', { nullable: true, description: 'TCP port for rtmps://; null when it is off.' }),
    }),
  })

  builder.extend('Participant', (t) => ({
    rtmp: t.field({
      type: Session,
      nullable: true,
      description: 'Its RTMP session; null for whoever came in another way.',
      extensions: { grant: 'OBSERVE' },
      resolve: ({ id }) => sessions.of(id)?.sample,
    }),
  }))

  builder.queryFields((t) => ({
    rtmpServer: t.field({ type: Server, description: 'Where encoders connect to.', resolve: () => server }),
    rtmpSessions: t.field({
      type: [Session],
      description: 'Everybody who publishes by RTMP at the moment.',
      resolve: () => sessions.list().map(({ sample }) => sample),
    }),
  }))

  builder.subscriptionField('rtmpSamples', (t) =>
    t.field({
      type: Session,
      description: 'Every RTMP session as it is, then each of them once a second. A slow reader gets the latest of each.',
      subscribe: () => sessions.watch(),
      resolve: (sample) => sample,
    }),
  )

  builder.mutationField('closeRtmpSession', (t) =>
    t.field({
      type: Session,
      description: 'Ends a session: the encoder is disconnected, and may come back.',
      args: { id: t.arg.id({ required: true, description: 'The session.' }) },
      resolve: (_root, { id }) => {
        const session = sessions.get(String(id))
        session.close('REQUESTED', 'The stream was closed by the server.')
        return session.sample
      },
    }),
  )
  return builder.toSchema()
}
