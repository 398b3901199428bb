import { builder } from './builder.ts'
import type { PluginHealth } from './context.ts'
import { PluginStateEnum } from './enums.ts'
import { namedId, nameIn } from './global-ids.ts'
import { LogLine } from './log-line.ts'
import { PluginType } from './refs.ts'

const Health = builder.objectRef<PluginHealth>('PluginHealth').implement({
  description: "How a plugin's thread is doing.",
  fields: (t) => ({
    eventLoopDelayMs: t.exposeFloat('eventLoopDelayMs', { description: 'Mean delay of its event loop in milliseconds.' }),
    utilization: t.exposeFloat('utilization', { description: 'Share of the time its event loop was busy, 0 to 1.' }),
    cpuMs: t.exposeFloat('cpuMs', { description: 'CPU time in milliseconds since its thread started.' }),
    heapUsedBytes: t.expose('heapUsedBytes', { type: 'BigInt', description: 'Bytes of JavaScript heap in use.' }),
  }),
})

builder.node(PluginType, {
  description: 'A plugin, whether its thread runs or not.',
  id: { resolve: ({ name }) => namedId('plugin', name), description: 'Unique id.' },
  loadOne: (id, { plugins }) => plugins.get(nameIn(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique on the server.' }),
    title: t.exposeString('title', { nullable: true, description: 'What people call it; unknown until it has run once.' }),
    version: t.exposeString('version', { nullable: true, description: 'Its version; unknown until it has run once.' }),
    state: t.expose('state', { type: PluginStateEnum, description: 'How it is doing.' }),
    restarts: t.exposeInt('restarts', { description: 'How often it has come up again.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'What went wrong last.' }),
    options: t.expose('options', { type: 'JSON', nullable: true, description: 'Its options as they were given; secrets are masked.' }),
    configSchema: t.expose('configSchema', { type: 'JSON', nullable: true, description: 'JSON Schema of its options.' }),
    health: t.expose('health', { type: Health, nullable: true, description: 'How its thread is doing, while it runs.' }),
    log: t.expose('log', { type: [LogLine], description: 'The last lines it logged, oldest first.' }),
  }),
})

const name = { required: true as const, description: 'Its name.' }

builder.queryFields((t) => ({
  plugins: t.field({
    type: [PluginType],
    description: 'Every plugin that is configured.',
    resolve: (_root, _args, { plugins }) => plugins.list(),
  }),
  plugin: t.field({
    type: PluginType,
    description: 'One plugin.',
    args: { name: t.arg.string(name) },
    resolve: (_root, args, { plugins }) => plugins.get(nameIn(args.name)),
  }),
}))

builder.mutationFields((t) => ({
  enablePlugin: t.field({
    type: PluginType,
    description: 'Switches a plugin on.',
    args: { name: t.arg.string(name) },
    resolve: (_root, args, { plugins }) => plugins.enable(nameIn(args.name)),
  }),
  disablePlugin: t.field({
    type: PluginType,
    description: 'Switches a plugin off; its fields answer PLUGIN_UNAVAILABLE meanwhile.',
    args: { name: t.arg.string(name) },
    resolve: (_root, args, { plugins }) => plugins.disable(nameIn(args.name)),
  }),
  restartPlugin: t.field({
    type: PluginType,
    description: "Stops a plugin's thread and starts a fresh one.",
    args: { name: t.arg.string(name) },
    resolve: (_root, args, { plugins }) => plugins.restart(nameIn(args.name)),
  }),
  configurePlugin: t.field({
    type: PluginType,
    description: 'Restarts a plugin with other options. Options that it refuses change nothing.',
    args: {
      name: t.arg.string(name),
      options: t.arg({ type: 'JSON', required: true, description: 'All its options; what is left out takes its default.' }),
    },
    resolve: (_root, args, { plugins }) => plugins.configure(nameIn(args.name), args.options as Record<string, unknown>),
  }),
}))

builder.subscriptionFields((t) => ({
  pluginEvents: t.field({
    type: PluginType,
    description: 'Every plugin, then each whose state changes.',
    subscribe: (_root, _args, { plugins }) => plugins.watch(),
    resolve: (plugin) => plugin,
  }),
  pluginLogs: t.field({
    type: LogLine,
    description: 'The last lines a plugin logged, then each that it logs. A slow listener misses the oldest.',
    args: { name: t.arg.string(name) },
    subscribe: (_root, args, { plugins }) => plugins.watchLog(nameIn(args.name)),
    resolve: (line) => line,
  }),
}))
