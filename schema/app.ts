import type { App } from '../core/app/app.ts'
import { PLATFORM } from '../core/app/apps.ts'
import type { ConfigChange } from '../core/app/config-change.ts'
import type { AppSettings } from '../core/app/settings.ts'
import { builder } from './builder.ts'
import { ChangeEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { given } from './given.ts'
import { namedId, nameIn } from './global-ids.ts'
import { AppType, RoomType } from './refs.ts'
import { appTarget, tenantTarget } from './targets.ts'
import { mayObserve } from './watching.ts'

const BFramesEnum = builder.enumType('BFrames', {
  description: 'What happens to H.264 with B-frames, which browsers can not play over WebRTC.',
  values: {
    TRANSCODE: { description: 'It is transcoded without them.' },
    REFUSE: { description: 'Its publisher is refused.' },
  } as const,
})

builder.node(AppType, {
  description: 'A tenant: every room whose name begins with its prefix belongs to it.',
  id: { resolve: ({ name }) => namedId('app', name), description: 'Unique id.' },
  loadOne: (id, { core }) => core.apps.get(nameIn(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique on the server.' }),
    number: t.exposeInt('number', { description: 'Its number, which no other app of this server ever had.' }),
    prefix: t.exposeString('prefix', {
      description: 'What its rooms are called, or begin with before a dash; empty for the app that owns all others.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    openPublishing: t.boolean({
      description: 'Whether publishing by room name needs no stream key, where the server permits that.',
      resolve: ({ settings }) => settings.openPublishing,
    }),
    publicPlayback: t.boolean({
      description: 'Whether watching needs no credential, where the server permits that.',
      resolve: ({ settings }) => settings.publicPlayback,
    }),
    takeover: t.boolean({
      description: 'Whether a second publisher to an identity replaces the first.',
      resolve: ({ settings }) => settings.takeover,
    }),
    bFrames: t.field({
      type: BFramesEnum,
      description: 'What happens to H.264 with B-frames.',
      resolve: ({ settings }) => settings.bFrames,
    }),
    maxViewersPerRoom: t.int({
      description: 'Viewers that one room may have; 0: no limit.',
      resolve: ({ settings }) => settings.maxViewersPerRoom,
    }),
    rooms: t.field({
      type: [RoomType],
      description: 'Its open rooms that the caller may observe or play.',
      resolve: (app, _args, { core, caller }) =>
        core.rooms
          .list()
          .filter((room) => room.app === app && (mayObserve(caller, room) || core.access.allows(caller, 'PLAY', { app, room: room.name }))),
    }),
  }),
})

const AppSettingsInput = builder.inputType('AppSettingsInput', {
  description: 'What to change about an app; what is left out stays as it is.',
  fields: (t) => ({
    openPublishing: t.boolean({ description: 'Whether publishing by room name needs no stream key, where the server permits that.' }),
    publicPlayback: t.boolean({ description: 'Whether watching needs no credential, where the server permits that.' }),
    takeover: t.boolean({ description: 'Whether a second publisher to an identity replaces the first.' }),
    bFrames: t.field({ type: BFramesEnum, description: 'What happens to H.264 with B-frames.' }),
    maxViewersPerRoom: t.int({ description: 'Viewers that one room may have; 0: no limit.' }),
  }),
})

/** Where in the app's configuration its settings stand. */
function toChange({ openPublishing, publicPlayback, takeover, bFrames, maxViewersPerRoom }: Partial<AppSettings>): ConfigChange {
  return {
    ...((openPublishing ?? takeover ?? bFrames) !== undefined && {
      publishing: {
        ...(openPublishing !== undefined && { open: openPublishing }),
        ...(takeover !== undefined && { takeover }),
        ...(bFrames !== undefined && { bFrames: bFrames === 'REFUSE' ? 'refuse' : 'transcode' }),
      },
    }),
    ...(publicPlayback !== undefined && { features: { publicPlayback } }),
    ...(maxViewersPerRoom !== undefined && { viewers: { maxPerRoom: maxViewersPerRoom } }),
  }
}

builder.queryFields((t) => ({
  apps: t.field({ type: [AppType], description: 'Every app.', resolve: (_root, _args, { core }) => core.apps.list() }),
  app: t.field({
    type: AppType,
    description: 'One app by its name.',
    extensions: { target: appTarget.name },
    args: { name: t.arg.string({ required: true, description: 'Name of the app.' }) },
    resolve: (_root, { name }, { core }) => core.apps.get(name),
  }),
}))

builder.mutationFields((t) => ({
  createApp: t.field({
    type: AppType,
    description: "Creates an app of the caller's tenant; its rooms' names begin with its name and a dash.",
    extensions: { grant: 'app:create', target: tenantTarget },
    args: {
      name: t.arg.string({ required: true, description: '3 to 32 lower-case letters, digits and inner dashes.' }),
      settings: t.arg({ type: AppSettingsInput, description: 'How it differs from the defaults.' }),
    },
    resolve: (_root, { name, settings }, { core, caller }) => {
      const tenant = caller.tenant ?? PLATFORM
      const config = toChange(given(settings ?? {}))
      return core.quotas.within('maxApps', { tenant, caller }, () => core.apps.create(name, { tenant, config }))
    },
  }),
  updateApp: t.field({
    type: AppType,
    description: "Changes an app's settings.",
    extensions: { target: appTarget.name },
    args: {
      name: t.arg.string({ required: true, description: 'Name of the app.' }),
      settings: t.arg({ type: AppSettingsInput, required: true, description: 'What to change.' }),
    },
    resolve: (_root, { name, settings }, { core }) => core.apps.update(name, toChange(given(settings))),
  }),
}))

const AppEvent = builder.objectRef<{ change: 'PRESENT' | 'CREATED' | 'CHANGED' | 'DELETED'; app: App }>('AppEvent').implement({
  description: 'Something about an app.',
  fields: (t) => ({
    change: t.expose('change', { type: ChangeEnum, description: 'What happened.' }),
    app: t.expose('app', { type: AppType, description: 'The app.' }),
  }),
})

builder.subscriptionFields((t) => ({
  appEvents: t.field({
    type: AppEvent,
    description: 'Every app, then each that comes or changes.',
    subscribe: (_root, _args, { core }) =>
      events<{ change: EventChange; app: App }>(core.events, {
        present: () => core.apps.list().map((app) => ({ change: 'PRESENT', app })),
        on: { 'app.changed': (app, change) => ({ change, app }) },
        keyOf: ({ app }) => app.name,
      }),
    resolve: (event) => event,
  }),
}))
