import type { GraphQLSchema } from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Host } from '../kit/host.ts'
import { pluginBuilder } from '../kit/schema.ts'
import type { Camera } from './camera.ts'
import type { CameraKey } from './camera-key.ts'
import type { CameraKeys } from './camera-keys.ts'
import type { Cameras } from './cameras.ts'
import type { Gallery } from './gallery.ts'
import { REFUSALS } from './refusal.ts'
import { samples } from './watch.ts'

const MIN_INTERVAL_MS = 200
const MAX_INTERVAL_MS = 60_000

type SchemaOptions = { core: Host['core']; keys: CameraKeys; cameras: Cameras; gallery: Gallery }

/** Adds the keys of cameras and what they send to the API, and `camera` to every participant that is one. */
export function wsMjpegSchema({ core, keys, cameras, gallery }: SchemaOptions): GraphQLSchema {
  const builder = pluginBuilder()
  const appArgument = { required: true, description: 'Name of the app.' } as const
  const roomArgument = { required: true, description: 'A room of it, by its full or app-local name.' } as const

  const CameraType = builder.objectRef<Camera>('Camera').implement({
    description: 'A camera that is connected and sends pictures one by one.',
    fields: (t) => ({
      participant: t.field({
        type: builder.coreObject('Participant'),
        description: 'Whom it publishes as.',
        resolve: ({ participantId }) => ({ id: participantId }),
      }),
      keyId: t.id({ description: 'The key that it came in by.', resolve: ({ key }) => key.id }),
      room: t.string({ description: 'Full name of its room.', resolve: ({ key }) => key.room }),
      identity: t.exposeString('identity', { description: 'Its identity in the room.' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it came.' }),
      fps: t.float({ description: 'Pictures that were taken during the last second.', resolve: ({ sample }) => sample.fps }),
      bitrateBps: t.int({ description: 'What they weighed, in bits per second.', resolve: ({ sample }) => sample.bitrateBps }),
      framesReceived: t.exposeFloat('framesReceived', { description: 'Pictures that were taken so far.' }),
      framesDropped: t.exposeFloat('framesDropped', {
        description: 'Pictures that were left out because they came faster than the app permits.',
      }),
      lastFrameAt: t.expose('lastFrameAt', { type: 'DateTime', nullable: true, description: 'When the last picture came.' }),
      deviceStats: t.expose('deviceStats', { type: 'JSON', nullable: true, description: 'What the device last said about itself.' }),
      viewers: t.int({
        description: 'Who is sent the pictures of its room as they are.',
        resolve: ({ key }) => gallery.find(key.room)?.viewers ?? 0,
      }),
      shown: t.boolean({
        description: 'Whether it is the one that its room shows: the newest that sends.',
        resolve: (camera) => gallery.find(camera.key.room)?.shown === camera,
      }),
    }),
  })

  const Key = builder.objectRef<CameraKey>('CameraKey').implement({
    description: 'What lets one camera into one room.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Names the key.' }),
      app: t.exposeString('app', { description: 'The app it belongs to.' }),
      room: t.exposeString('room', { description: 'Full name of the room that it leads to.' }),
      identity: t.exposeString('identity', { description: 'Whom the camera publishes as when it does not say.' }),
      keyHint: t.exposeString('keyHint', { description: 'How the key begins.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
      camera: t.field({
        type: CameraType,
        nullable: true,
        description: 'The camera that is connected by it; null when none is.',
        resolve: ({ id }) => cameras.ofKey(id),
      }),
    }),
  })

  const NewKey = builder.objectRef<{ key: CameraKey; secret: string }>('NewCameraKey').implement({
    description: 'A key for a camera, and what to tell it.',
    fields: (t) => ({
      key: t.expose('key', { type: Key, description: 'What it is for.' }),
      secret: t.exposeString('secret', { description: 'The key itself, which can not be read again.' }),
    }),
  })

  const Live = builder.objectRef<{ room: string; active: boolean }>('CameraLive').implement({
    description: 'Whether a room has a camera.',
    fields: (t) => ({
      room: t.exposeString('room', { description: 'Full name of the room.' }),
      active: t.exposeBoolean('active', { description: 'Whether a camera is connected.' }),
    }),
  })

  builder.extend('Participant', (t) => ({
    camera: t.field({
      type: CameraType,
      nullable: true,
      description: 'What it is as a camera; null for whoever came in another way.',
      extensions: { grant: 'OBSERVE' },
      resolve: ({ id }) => cameras.of(id),
    }),
  }))

  builder.queryFields((t) => ({
    cameraKeys: t.field({
      type: [Key],
      description: 'The keys of cameras of an app, newest first.',
      extensions: { grant: 'ingress:read' },
      args: { app: t.arg.string(appArgument) },
      resolve: (_root, { app }) => keys.list(app),
    }),
    camera: t.field({
      type: CameraType,
      nullable: true,
      description: 'The camera that a room shows, or the newest one that is connected there; null when there is none.',
      extensions: { grant: 'ingress:read' },
      args: { app: t.arg.string(appArgument), room: t.arg.string(roomArgument) },
      resolve: async (_root, { app, room }) => {
        const name = await core.rooms.fullName(app, room)
        return gallery.find(name)?.shown ?? cameras.inRoom(name).at(-1)
      },
    }),
    cameraLive: t.field({
      type: Live,
      description: 'Whether a room has a camera, for anybody, where the app has public playback; elsewhere there is no such room.',
      extensions: { grant: 'ANY' },
      args: { app: t.arg.string(appArgument), room: t.arg.string(roomArgument) },
      resolve: async (_root, { app, room }) => {
        const { config } = await core.apps.get(app)
        if (!config.features.publicPlayback) throw new MediaError('NOT_FOUND', { room })
        const name = await core.rooms.fullName(app, room)
        return { room: name, active: cameras.inRoom(name).length > 0 }
      },
    }),
  }))

  builder.mutationFields((t) => ({
    createCameraKey: t.field({
      type: NewKey,
      description: 'Makes a key that lets one camera into one room.',
      extensions: { grant: 'ingress:create' },
      args: {
        app: t.arg.string(appArgument),
        room: t.arg.string(roomArgument),
        identity: t.arg.string({ description: 'Whom it publishes as when it does not say; by default, as the room is named here.' }),
      },
      resolve: async (_root, { app, room, identity }, { caller }) => {
        if (caller.metered) await core.quotas.require('maxConcurrentStreams', app)
        return keys.create(app, room, identity ?? undefined)
      },
    }),
    deleteCameraKey: t.field({
      type: Key,
      description: 'Takes a key back; a camera that is connected by it is disconnected at once.',
      extensions: { grant: 'ingress:delete' },
      args: { app: t.arg.string(appArgument), id: t.arg.id({ required: true, description: 'The key, by its id.' }) },
      resolve: async (_root, { app, id }) => {
        const key = await keys.delete(app, id)
        cameras.ofKey(key.id)?.close(REFUSALS.revoked, 'REQUESTED')
        return key
      },
    }),
  }))

  builder.subscriptionField('cameraStats', (t) =>
    t.field({
      type: CameraType,
      description: 'Each camera of a room as it is, again and again. A slow reader gets the latest.',
      extensions: { grant: 'ingress:read' },
      args: {
        app: t.arg.string(appArgument),
        room: t.arg.string(roomArgument),
        intervalMs: t.arg.int({ defaultValue: 1_000, description: `Milliseconds between two; ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}.` }),
      },
      subscribe: async (_root, { app, room, intervalMs }) => {
        const name = await core.rooms.fullName(app, room)
        return samples(cameras, name, Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs ?? 1_000)))
      },
      resolve: (camera) => camera,
    }),
  )
  return builder.toSchema()
}
