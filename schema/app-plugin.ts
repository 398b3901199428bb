import { isLimited } from '../core/access/caller.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { builder } from './builder.ts'
import type { LogEntry, PlayerPlugin, PluginInAppView, PluginWork } from './context.ts'
import { given } from './given.ts'
import { nameIn } from './global-ids.ts'
import { LogLine } from './log-line.ts'
import { AppType, PluginType } from './refs.ts'
import { appTarget } from './targets.ts'

const APP = { required: true as const, description: 'Name of the app.' }
const PLUGIN = { required: true as const, description: 'Name of the plugin.' }

/** Why it failed may quote what somebody else sent it. */
const FAILED = 'its thread failed; whoever runs the server finds the reason in its log'

const WorkState = builder.enumType('PluginWorkState', {
  description: 'How a plugin works for one app.',
  values: {
    STOPPED: { description: 'It does not.' },
    STARTING: { description: 'Its thread is being started.' },
    RUNNING: { description: 'It does.' },
    CRASHED: { description: 'Its thread failed too often and stays stopped until somebody restarts the plugin.' },
  } as const,
})

const Work = builder.objectRef<PluginWork>('PluginWork').implement({
  description: 'The work of a plugin for one app.',
  fields: (t) => ({
    state: t.expose('state', { type: WorkState, description: 'How it goes.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: "When the plugin's thread was started, while it works.",
    }),
    stoppedAt: t.expose('stoppedAt', { type: 'DateTime', nullable: true, description: 'When it was halted in this app.' }),
    failedAt: t.expose('failedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its thread failed last, until it runs again.',
    }),
    error: t.string({
      nullable: true,
      description: 'Why its thread failed last. One thread works for all apps, so whoever is limited to some is told no more than that.',
      resolve: ({ error }, _args, { caller }) => (error !== undefined && isLimited(caller) ? FAILED : error),
    }),
  }),
})

const AppPlugin = builder.objectRef<PluginInAppView>('AppPlugin').implement({
  description: 'What an app says about a plugin.',
  fields: (t) => ({
    app: t.field({ type: AppType, description: 'The app.', resolve: ({ app }, _args, { core }) => core.apps.get(app) }),
    plugin: t.field({ type: PluginType, description: 'The plugin.', resolve: ({ plugin }, _args, { plugins }) => plugins.get(plugin) }),
    installed: t.exposeBoolean('installed', {
      description: 'Whether the app has it. Those that are not optional are installed until an app says otherwise.',
    }),
    enabled: t.exposeBoolean('enabled', {
      description: 'Whether the app uses the plugin. Where it does not, nobody publishes or plays through it.',
    }),
    config: t.expose('config', {
      type: 'JSON',
      nullable: true,
      description: 'Its options in this app with their defaults; a secret that is set reads ********.',
    }),
    installedAt: t.expose('installedAt', { type: 'DateTime', nullable: true, description: 'When the app got it; null: it has not.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: true, description: 'When the app last said something about it.' }),
    work: t.expose('work', { type: Work, description: 'How it works for this app.' }),
    log: t.field({
      type: [LogLine],
      description: 'The last lines it logged about this app or itself, oldest first.',
      args: { last: t.arg.int({ description: 'Lines at most, 1 to 1000; 200 unless said.' }) },
      resolve: ({ app, log }, { last }, { caller }) => {
        const lines = log.slice(-Math.min(Math.max(last ?? 200, 1), 1000))
        return isLimited(caller) ? lines.map((line) => withoutReasons(line, app)) : lines
      },
    }),
  }),
})

const PlayerPluginType = builder.objectRef<PlayerPlugin>('PlayerPlugin').implement({
  description: 'A plugin that shows something over the picture, as everybody may know it.',
  fields: (t) => ({
    name: t.string({ description: 'Its name.', resolve: ({ plugin }) => plugin.name }),
    title: t.string({ nullable: true, description: 'What people call it.', resolve: ({ plugin }) => plugin.title }),
    ui: t.string({ description: 'Where it is to be seen.', resolve: ({ plugin }) => plugin.ui }),
    configSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of its options per app.',
      resolve: ({ plugin }) => plugin.appConfigSchema,
    }),
    config: t.expose('config', {
      type: 'JSON',
      description: 'Its options in this app, without any that look like a secret or an address.',
    }),
  }),
})

builder.objectField(AppType, 'plugins', (t) =>
  t.field({
    type: [AppPlugin],
    description: 'Every plugin, with what this app says about it.',
    extensions: { grant: 'config:read', target: appTarget.parent },
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

builder.queryFields((t) => ({
  appPlugin: t.field({
    type: AppPlugin,
    description: 'What an app says about one plugin.',
    extensions: { grant: 'config:read', target: appTarget.app },
    args: { app: t.arg.string(APP), plugin: t.arg.string(PLUGIN) },
    resolve: (_root, { app, plugin }, { plugins }) => plugins.inApp(nameIn(plugin), nameIn(app)),
  }),
  playerPlugins: t.field({
    type: [PlayerPluginType],
    description: 'The plugins that show something over the picture in an app, by name. Everybody may know them.',
    extensions: { grant: 'CHECKED' },
    args: { app: t.arg.string(APP) },
    resolve: (_root, { app }, { plugins }) => plugins.inPlayers(nameIn(app)),
  }),
}))

builder.mutationFields((t) => {
  const write = { extensions: { grant: 'config:write' as const, target: appTarget.app } }
  const args = { app: t.arg.string(APP), plugin: t.arg.string(PLUGIN) }
  return {
    installAppPlugin: t.field({
      type: AppPlugin,
      description: 'Lets an app have a plugin; it is used once it is enabled. Doing it again changes nothing.',
      ...write,
      args,
      resolve: (_root, { app, plugin }, { plugins }) => plugins.installInApp(nameIn(plugin), nameIn(app)),
    }),
    uninstallAppPlugin: t.field({
      type: AppPlugin,
      description: 'Ends the use of a plugin in an app, and forgets its options there.',
      ...write,
      args,
      resolve: (_root, { app, plugin }, { plugins }) => plugins.uninstallInApp(nameIn(plugin), nameIn(app)),
    }),
    setAppPlugin: t.field({
      type: AppPlugin,
      description: 'Says whether an app uses a plugin, and with which options. The plugin hears it at once; `appEvents` tells it.',
      ...write,
      args: {
        ...args,
        enabled: t.arg.boolean({ description: 'Whether the app uses it; absent: as it is.' }),
        config: t.arg({
          type: 'JSON',
          description: 'Options to change: what is left out stays, null brings the default back, ******** leaves a secret as it is.',
        }),
      },
      resolve: (_root, { app, plugin, enabled, config }, { plugins }) =>
        plugins.setInApp(nameIn(plugin), nameIn(app), given({ enabled, config: optionsIn(config) })),
    }),
    startAppPlugin: t.field({
      type: AppPlugin,
      description: 'Lets a plugin that was halted in an app work there again.',
      ...write,
      args,
      resolve: (_root, { app, plugin }, { plugins }) => plugins.setWorking(nameIn(plugin), nameIn(app), true),
    }),
    stopAppPlugin: t.field({
      type: AppPlugin,
      description: 'Halts a plugin in an app that uses it, until it is started there or the server starts again.',
      ...write,
      args,
      resolve: (_root, { app, plugin }, { plugins }) => plugins.setWorking(nameIn(plugin), nameIn(app), false),
    }),
  }
})

function optionsIn(config: unknown): Record<string, unknown> | undefined {
  if (config == null) return undefined
  if (typeof config === 'object' && !Array.isArray(config)) return config as Record<string, unknown>
  throw new MediaError('INPUT_INVALID', { field: 'config', reason: 'must be an object' })
}

/** What happened to the thread is everybody's, and why it did is not. */
function withoutReasons(line: LogEntry, app: string): LogEntry {
  return line.fields.app === app ? line : { ...line, fields: {} }
}
