import { MediaError } from '../core/kernel/errors.ts'
import { builder } from './builder.ts'
import type { PluginBudget, PluginHealth } from './context.ts'
import { PluginStateEnum } from './enums.ts'
import { namedId, nameIn } from './global-ids.ts'
import { LogLine } from './log-line.ts'
import { PluginType } from './refs.ts'
import { sampled } from './sampled.ts'

const Health = builder.objectRef<PluginHealth>('PluginHealth').implement({
  description: "How a plugin's thread is doing.",
  fields: (t) => ({
    eventLoopDelayMs: t.exposeFloat('eventLoopDelayMs', { description: 'Mean delay of its event loop in milliseconds.' }),
    utilization: t.exposeFloat('utilization', { description: 'Share of the time its event loop was busy, 0 to 1.' }),
    cpuMs: t.exposeFloat('cpuMs', { description: 'CPU time in milliseconds since its thread started.' }),
    cpuPercent: t.exposeFloat('cpuPercent', {
      description: 'Share of one CPU in per cent, averaged over the time that its budget says.',
    }),
    heapUsedBytes: t.expose('heapUsedBytes', { type: 'BigInt', description: 'Bytes of JavaScript heap in use.' }),
    heapLimitBytes: t.expose('heapLimitBytes', { type: 'BigInt', description: 'Bytes of JavaScript heap at which it is ended.' }),
    externalBytes: t.expose('externalBytes', { type: 'BigInt', description: 'Bytes that it holds outside its heap, such as buffers.' }),
  }),
})

const OnExceeded = builder.enumType('OnExceeded', {
  description: 'What happens to a plugin that uses more than its budget.',
  values: {
    LOG: { description: 'Its log says so.' },
    RESTART: { description: 'Its log says so, and it is started again.' },
  } as const,
})

const Budget = builder.objectRef<PluginBudget>('PluginBudget').implement({
  description: "What a plugin's thread may use, as `plugins.config.ts` says.",
  fields: (t) => ({
    memoryMb: t.exposeInt('memoryMb', { description: 'Heap, and as much again outside of it, in MiB; beyond that it is always ended.' }),
    cpuPercent: t.exposeFloat('cpuPercent', { nullable: true, description: 'Share of one CPU in per cent; null: no limit.' }),
    eventLoopDelayMs: t.exposeFloat('eventLoopDelayMs', {
      nullable: true,
      description: 'Delay of its event loop in milliseconds; null: no limit.',
    }),
    overMs: t.exposeInt('overMs', { description: 'Time over which CPU and delay are averaged, in milliseconds.' }),
    onExceeded: t.expose('onExceeded', { type: OnExceeded, description: 'What happens when CPU or delay are exceeded.' }),
  }),
})

/** Apps lead to the plugins that they use, but not to what a plugin does for all of them. */
const SERVER_WIDE = { extensions: { grant: 'OBSERVE' as const } }

builder.node(PluginType, {
  description: 'A plugin, whether its thread runs or not.',
  id: { resolve: ({ name }) => namedId('plugin', name), description: 'Unique id.' },
  loadOne: (id, { plugins }) => plugins.get(nameIn(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique on the server.' }),
    title: t.exposeString('title', { nullable: true, description: 'What people call it; unknown until it has run once.' }),
    version: t.exposeString('version', { nullable: true, description: 'Its version; unknown until it has run once.' }),
    description: t.exposeString('description', { description: 'What it does; empty until it has run once, or when it does not say.' }),
    category: t.exposeString('category', { description: 'What kind of thing it is: tool, processor or panel.' }),
    ui: t.exposeString('ui', { description: 'Where it is to be seen: app-tab, panel or player-overlay.' }),
    optional: t.exposeBoolean('optional', { description: 'Whether apps use it only once they have installed and enabled it.' }),
    worksPerApp: t.exposeBoolean('worksPerApp', { description: 'Whether it works for each app on its own, and can be halted there.' }),
    state: t.expose('state', { type: PluginStateEnum, description: 'How it is doing.' }),
    restarts: t.exposeInt('restarts', { description: 'How often it has come up again.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'What went wrong last.', ...SERVER_WIDE }),
    options: t.expose('options', {
      type: 'JSON',
      nullable: true,
      description: 'Its options as they were given; secrets are masked.',
      ...SERVER_WIDE,
    }),
    configSchema: t.expose('configSchema', { type: 'JSON', nullable: true, description: 'JSON Schema of its options.' }),
    appConfigSchema: t.expose('appConfigSchema', {
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of its options per app, when it has any.',
    }),
    budget: t.expose('budget', { type: Budget, description: 'What its thread may use.' }),
    health: t.expose('health', { type: Health, nullable: true, description: 'How its thread is doing, while it runs.', ...SERVER_WIDE }),
    log: t.expose('log', { type: [LogLine], description: 'The last lines it logged, oldest first.', ...SERVER_WIDE }),
  }),
})

const name = { required: true as const, description: 'Its name.' }

/** Also a plugin that does not run, and so can't check them, is given options by name. */
function optionsIn(given: unknown): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>
  throw new MediaError('INPUT_INVALID', { field: 'options', reason: 'an object' })
}

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
    resolve: (_root, args, { plugins }) => plugins.configure(nameIn(args.name), optionsIn(args.options)),
  }),
}))

builder.subscriptionFields((t) => ({
  pluginEvents: t.field({
    type: PluginType,
    description: 'Every plugin, then each whose state changes.',
    subscribe: (_root, _args, { plugins }) => plugins.watch(),
    resolve: (plugin) => plugin,
  }),
  pluginTop: t.field({
    type: [PluginType],
    description: 'Every plugin with what its thread uses, now and at every interval.',
    extensions: { sharing: 'STATE' },
    args: { intervalMs: t.arg.int({ description: 'Milliseconds between two samples; 1000 unless said, 100 at least.' }) },
    subscribe: (_root, { intervalMs }, { plugins }) => sampled(intervalMs, async () => plugins.list()),
    resolve: (plugins) => plugins,
  }),
  pluginLogs: t.field({
    type: LogLine,
    description: 'The last lines a plugin logged, then each that it logs. A slow listener misses the oldest.',
    args: { name: t.arg.string(name) },
    subscribe: (_root, args, { plugins }) => plugins.watchLog(nameIn(args.name)),
    resolve: (line) => line,
  }),
}))
