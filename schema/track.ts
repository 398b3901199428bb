import type { Room } from '../core/room/room.ts'
import type { Track, TrackStats } from '../core/room/track.ts'
import { builder } from './builder.ts'
import { TrackKindEnum } from './enums.ts'
import { ParticipantType, TrackType } from './refs.ts'
import { sampled } from './sampled.ts'
import { idTarget, roomTarget } from './targets.ts'

builder.node(TrackType, {
  description: 'One audio or video source that a participant publishes.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core }) => core.rooms.track(id),
  fields: (t) => ({
    kind: t.expose('kind', { type: TrackKindEnum, description: 'What it carries.' }),
    codec: t.exposeString('codec', { description: "As in the codec's MIME type: H264, opus." }),
    hasMedia: t.exposeBoolean('hasMedia', { description: 'Whether any of its media has come yet.' }),
    muted: t.exposeBoolean('muted', { description: 'Whether it is held back from all viewers.' }),
    publishedAt: t.expose('publishedAt', { type: 'DateTime', description: 'When it was published.' }),
    participant: t.field({ type: ParticipantType, description: 'Who publishes it.', resolve: ({ participant }) => participant }),
    simulcastLayers: t.int({
      description: 'How many spatial layers its sender makes.',
      resolve: (track) => (track.bridged ? 1 : (track.producer.rtpParameters.encodings?.length ?? 1)),
    }),
    widthPx: t.int({ nullable: true, description: 'Width of the picture in pixels, where known.', resolve: ({ info }) => info.widthPx }),
    heightPx: t.int({ nullable: true, description: 'Height of the picture in pixels, where known.', resolve: ({ info }) => info.heightPx }),
    framesPerSecond: t.float({
      nullable: true,
      description: 'Frames per second, where known.',
      resolve: ({ info }) => info.framesPerSecond,
    }),
    gopMs: t.int({
      nullable: true,
      description: 'Time between the last two keyframes in milliseconds, where known.',
      resolve: ({ info }) => info.gopMs,
    }),
    bFrames: t.boolean({
      nullable: true,
      description: 'Whether its source has B-frames, where known.',
      resolve: ({ info }) => info.bFrames,
    }),
    transcoded: t.boolean({
      description: 'Whether its media was transcoded on the way in.',
      resolve: ({ info }) => info.transcoded ?? false,
    }),
    stats: t.field({ type: Stats, description: 'What has been received, now.', resolve: (track) => statsOf(track) }),
  }),
})

type Sample = TrackStats & { track: Track; at: Date }

const statsOf = async (track: Track): Promise<Sample> => ({ ...(await track.stats()), track, at: new Date() })

const Stats = builder.objectRef<Sample>('TrackStats')
Stats.implement({
  description: 'What a track has received.',
  fields: (t) => ({
    track: t.expose('track', { type: TrackType, description: 'The track.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When this was read.' }),
    bitrateBps: t.exposeInt('bitrateBps', { description: 'Bits per second, over the last second or so.' }),
    bytesReceived: t.expose('bytesReceived', { type: 'BigInt', description: 'Bytes of RTP so far.' }),
    packetsReceived: t.expose('packetsReceived', { type: 'BigInt', description: 'RTP packets so far.' }),
    packetsLost: t.exposeInt('packetsLost', { description: 'RTP packets that never came.' }),
    jitterMs: t.exposeFloat('jitterMs', { description: 'Interarrival jitter in milliseconds.' }),
    score: t.exposeInt('score', { description: '0 (nothing arrives) to 10 (nothing is lost).' }),
  }),
})

const id = { required: true as const, description: 'Its id.' }

builder.queryFields((t) => ({
  tracks: t.field({
    type: [TrackType],
    description: 'Everything that is published in one room, or in all.',
    extensions: { target: roomTarget.room },
    args: { room: t.arg.string({ description: 'Full name of the room.' }) },
    resolve: (_root, { room }, { core }) => tracksIn(room == null ? core.rooms.list() : [core.rooms.get(room)]),
  }),
  track: t.field({
    type: TrackType,
    description: 'One track.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => core.rooms.track(args.id),
  }),
}))

builder.mutationFields((t) => ({
  muteTrack: t.field({
    type: TrackType,
    description: 'Holds a track back from all viewers, or lets it through again.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id), muted: t.arg.boolean({ required: true, description: 'Whether to hold it back.' }) },
    resolve: async (_root, args, { core }) => {
      const track = core.rooms.track(args.id)
      await track.mute(args.muted)
      return track
    },
  }),
  unpublishTrack: t.field({
    type: TrackType,
    description: 'Ends a track; its participant stays.',
    extensions: { target: idTarget },
    args: { id: t.arg.id(id) },
    resolve: (_root, args, { core }) => {
      const track = core.rooms.track(args.id)
      track.close('REQUESTED')
      return track
    },
  }),
}))

builder.subscriptionFields((t) => ({
  trackStats: t.field({
    type: [Stats],
    description: 'What every track has received, at once and then again and again.',
    extensions: { sharing: 'STATE', target: roomTarget.room },
    args: {
      room: t.arg.string({ description: 'Full name of the room; absent: all rooms.' }),
      intervalMs: t.arg.int({ defaultValue: 1_000, description: 'Milliseconds between two samples, 100 at least.' }),
    },
    subscribe: (_root, { room, intervalMs }, { core }) =>
      sampled(intervalMs, () => statsOfAll(tracksIn(core.rooms.list().filter(({ name }) => room == null || name === room)))),
    resolve: (samples) => samples,
  }),
}))

/** A track that ends while it is read is left out. */
async function statsOfAll(tracks: readonly Track[]): Promise<Sample[]> {
  const results = await Promise.allSettled(tracks.map(statsOf))
  return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

function tracksIn(rooms: readonly Room[]): Track[] {
  return rooms.flatMap(({ tracks }) => tracks)
}
