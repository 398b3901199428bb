import { allows } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import type { App } from '../core/app/app.ts'
import { type AppSizes, appSizes } from '../core/app/app-sizes.ts'
import { PLATFORM } from '../core/app/apps.ts'
import { AppConfigInput, toConfigChange } from './app-config-types.ts'
import { BFramesEnum } from './app-enums.ts'
import { builder } from './builder.ts'
import { ChangeEnum } from './enums.ts'
import { type EventChange, events } from './events.ts'
import { namedId, nameIn } from './global-ids.ts'
import { AppType, RoomType } from './refs.ts'
import { appTarget, tenantTarget } from './targets.ts'
import { mayObserve } from './watching.ts'

const NAME = { required: true, description: 'Name of the app.' } as const

const AppSizesType = builder.objectRef<AppSizes>('AppSizes').implement({
  description: 'How much room an app takes.',
  fields: (t) => ({
    databaseBytes: t.expose('databaseBytes', { type: 'BigInt', description: 'Its database, in bytes.' }),
    recordingsBytes: t.expose('recordingsBytes', { type: 'BigInt', description: 'Its recordings here and in its bucket, in bytes.' }),
    recordings: t.exposeInt('recordings', { description: 'How many recordings it has.' }),
  }),
})

builder.node(AppType, {
  description: 'A tenant: every room whose name begins with its prefix belongs to it.',
  id: { resolve: ({ name }) => namedId('app', name), description: 'Unique id.' },
  loadOne: (id, { core }) => core.apps.get(nameIn(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique on the server.' }),
    displayName: t.string({ description: 'How people call it.', resolve: ({ config }) => config.displayName }),
    tenant: t.exposeString('tenant', { description: 'Whom it belongs to.' }),
    number: t.exposeInt('number', { description: 'Its number, which no other app of this server ever had.' }),
    prefix: t.exposeString('prefix', {
      description: 'What its rooms are called, or begin with before a dash; empty for the app that owns all others.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its configuration changed last.' }),
    sizes: t.field({
      type: AppSizesType,
      description: 'How much room it takes.',
      extensions: { grant: 'app:read', target: appTarget.parent },
      resolve: (app) => appSizes(app),
    }),
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
      resolve: ({ config }) => config.publishing.bFrames,
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

builder.queryFields((t) => ({
  apps: t.field({
    type: [AppType],
    description: 'Every app that the caller may read, by name.',
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { core, caller }) => {
      const { tenant, app } = caller
      requireGrant(caller, 'app:read', { ...(tenant !== undefined && { tenant }), ...(app !== undefined && { app }) })
      return core.apps.list().filter(({ name, tenant }) => allows(caller, 'app:read', { app: name, tenant }))
    },
  }),
  app: t.field({
    type: AppType,
    description: 'One app by its name.',
    extensions: { grant: 'app:read', target: appTarget.name },
    args: { name: t.arg.string(NAME) },
    resolve: (_root, { name }, { core }) => core.apps.get(nameIn(name)),
  }),
}))

builder.mutationFields((t) => ({
  createApp: t.field({
    type: AppType,
    description: "Creates an app for the caller's tenant; its rooms' names begin with its name and a dash.",
    extensions: { grant: 'app:create', target: tenantTarget },
    args: {
      name: t.arg.string({ required: true, description: '3 to 32 lower-case letters, digits and inner dashes.' }),
      config: t.arg({ type: AppConfigInput, description: 'How it differs from the defaults.' }),
    },
    resolve: (_root, { name, config }, { core, caller }) => {
      const { tenant = PLATFORM } = caller
      return core.quotas.within('maxApps', { tenant, caller }, () =>
        core.apps.create(name, { tenant, config: toConfigChange(config ?? {}) }),
      )
    },
  }),
  updateApp: t.field({
    type: AppType,
    description: "Changes an app's configuration. Its file keeps its comments, and what it says besides; what it was is kept as a backup.",
    extensions: { grant: 'config:write', target: appTarget.name },
    args: { name: t.arg.string(NAME), config: t.arg({ type: AppConfigInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { name, config }, { core }) => core.apps.update(nameIn(name), toConfigChange(config)),
  }),
  deleteApp: t.field({
    type: AppType,
    description:
      'Deletes an app: its rooms are closed, and its tokens, stream keys, secrets and configuration are gone. `default` can not be deleted.',
    extensions: { grant: 'app:delete', target: appTarget.name },
    args: {
      name: t.arg.string(NAME),
      recordings: t.arg.boolean({
        defaultValue: false,
        description:
          'Whether its recordings are deleted as well, here and in its bucket: when that can not be reached, the app stays. Otherwise an app ' +
          'of this name and tenant finds them again.',
      }),
    },
    resolve: (_root, { name, recordings }, { core }) => core.apps.delete(nameIn(name), { recordings: recordings ?? false }),
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
