import { builder } from './builder.ts'
import type { PluginInAppView } from './context.ts'
import { given } from './given.ts'
import { nameIn } from './global-ids.ts'
import { AppType, PluginType } from './refs.ts'
import { appTarget } from './targets.ts'

const AppPlugin = builder.objectRef<PluginInAppView>('AppPlugin').implement({
  description: 'What an app says about a plugin.',
  fields: (t) => ({
    app: t.field({ type: AppType, description: 'The app.', resolve: ({ app }, _args, { core }) => core.apps.get(app) }),
    plugin: t.field({ type: PluginType, description: 'The plugin.', resolve: ({ plugin }, _args, { plugins }) => plugins.get(plugin) }),
    enabled: t.exposeBoolean('enabled', {
      description: 'Whether the app uses the plugin. Where it does not, nobody publishes or plays through it.',
    }),
    config: t.expose('config', {
      type: 'JSON',
      nullable: true,
      description: 'Its options in this app as they were given, secrets masked; null: the defaults.',
    }),
  }),
})

builder.objectField(AppType, 'plugins', (t) =>
  t.field({
    type: [AppPlugin],
    description: 'Every plugin, with what this app says about it.',
    extensions: { grant: 'OBSERVE', target: appTarget.parent },
    resolve: ({ name }, _args, { plugins }) => plugins.list().map((plugin) => plugins.inApp(plugin.name, name)),
  }),
)

builder.objectField(PluginType, 'apps', (t) =>
  t.field({
    type: [AppPlugin],
    description: 'Every app, with what it says about this plugin.',
    extensions: { grant: 'OBSERVE' },
    resolve: ({ name }, _args, { core, plugins }) => core.apps.list().map((app) => plugins.inApp(name, app.name)),
  }),
)

builder.mutationField('setAppPlugin', (t) =>
  t.field({
    type: AppPlugin,
    description: 'Says whether an app uses a plugin, and with which options. The plugin hears it at once; `appEvents` tells it.',
    extensions: { target: appTarget.app },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      plugin: t.arg.string({ required: true, description: 'Name of the plugin.' }),
      enabled: t.arg.boolean({ description: 'Whether the app uses it; absent: as it is.' }),
      config: t.arg({ type: 'JSON', description: 'All its options in this app; what is left out takes its default. Absent: as they are.' }),
    },
    resolve: (_root, { app, plugin, enabled, config }, { plugins }) =>
      plugins.setInApp(nameIn(plugin), nameIn(app), given({ enabled, config: config as Record<string, unknown> | null | undefined })),
  }),
)
