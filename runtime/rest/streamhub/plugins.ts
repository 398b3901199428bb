import { z } from 'zod'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { Manifest, PLUGIN, type ToldPlugin, toFields, toManifest } from './plugin-manifest.ts'
import { AppParams, body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const FIELDS = `{ app { name } plugin ${PLUGIN} installed enabled config installedAt updatedAt work { state startedAt stoppedAt error } }`
const LIST = `query ($app: String!) { app(name: $app) { plugins ${FIELDS} } }`
const ONE = `query ($app: String!, $id: String!) { plugin: appPlugin(app: $app, plugin: $id) ${FIELDS} }`
const PUBLIC = 'query ($app: String!) { plugins: playerPlugins(app: $app) { name title ui configSchema config } }'
const LOGS = `query ($app: String!, $id: String!, $last: Int!, $source: String!) {
  plugin: appPlugin(app: $app, plugin: $id) { app { name } plugin ${PLUGIN} work { state startedAt stoppedAt error } log(last: $last) { at level message } }
  logs(filter: { app: $app, source: $source }, limit: $last) { lines { number at level source app { name } message fields } }
}`
const verb = (mutation: string) => `mutation ($app: String!, $id: String!) { plugin: ${mutation}(app: $app, plugin: $id) ${FIELDS} }`
const SET = `mutation ($app: String!, $id: String!, $enabled: Boolean, $config: JSON) {
  plugin: setAppPlugin(app: $app, plugin: $id, enabled: $enabled, config: $config) ${FIELDS}
}`

type ToldWork = { state: string; startedAt: string | null; stoppedAt: string | null; error: string | null }
type Told = {
  app: { name: string }
  plugin: ToldPlugin
  installed: boolean
  enabled: boolean
  config: Record<string, unknown> | null
  installedAt: string | null
  updatedAt: string | null
  work: ToldWork
}
type ToldLine = {
  number: number | null
  at: string
  level: string
  source: string
  app: { name: string } | null
  message: string
  fields: unknown
}

const Params = AppParams.extend({ id: z.string().describe('Name of the plugin.') })
const Work = z.object({
  app: z.string(),
  pluginId: z.string(),
  status: z.enum(['stopped', 'starting', 'running', 'crashed']),
  startedAt: z.iso.datetime().optional(),
  stoppedAt: z.iso.datetime().optional(),
  error: z.string().optional(),
})
const View = z.object({
  manifest: Manifest,
  installed: z.boolean(),
  enabled: z.boolean(),
  config: z.record(z.string(), z.unknown()).describe('Every option; a secret that is set reads ********.'),
  installedAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime().nullable(),
  worker: Work.optional(),
})
const PublicView = z.object({
  id: z.string(),
  manifest: Manifest.pick({ name: true, ui: true, configSchema: true }),
  config: z.record(z.string(), z.unknown()),
})
const Logs = z.object({
  pluginId: z.string(),
  worker: Work.optional(),
  workerLogs: z.array(z.object({ ts: z.iso.datetime(), stream: z.enum(['stdout', 'stderr', 'system']), line: z.string() })),
  persisted: z.array(z.record(z.string(), z.unknown())),
})
const Patch = z.object({
  enabled: z.boolean().optional(),
  config: z.record(z.string(), z.unknown()).optional().describe('Options to change; null brings the default back.'),
})
/** What is no number counts as nothing said. */
const LogsQuery = z.object({
  limit: z
    .string()
    .optional()
    .transform((text) => (text !== undefined && /^\d{1,9}$/.test(text) ? Math.min(Math.max(Number(text), 1), 1000) : 200))
    .describe('Lines at most, 1 to 1000.'),
})

const errors = { 404: 'no such app or plugin' }
const one = { description: 'The plugin in this app.', schema: WithData(View) }
const named = ({ params }: { params: { app: string; id: string } }) => ({ app: params.app, id: params.id })

/** The marketplace of an app: Patchbay's own plugins, and those that were added to it. */
export const plugins: RouteTable<Access, Who> = {
  'GET /apps/{app}/plugins': route({
    summary: 'Every plugin, and what the app makes of it',
    access: 'config:read',
    params: AppParams,
    document: LIST,
    variables: ({ params }) => ({ app: params.app }),
    reply: ({ app }: { app: { plugins: Told[] } }) =>
      withData(app.plugins.map(toView).sort((a, b) => a.manifest.name.localeCompare(b.manifest.name))),
    success: { 200: { description: 'By name.', schema: WithData(z.array(View)) } },
    errors,
  }),
  'GET /apps/{app}/plugins/public': route({
    summary: 'What players show over the picture',
    access: 'PUBLIC',
    params: AppParams,
    document: PUBLIC,
    variables: ({ params }) => ({ app: params.app }),
    reply: (data: {
      plugins: { name: string; title: string | null; ui: 'player-overlay'; configSchema: object | null; config: object }[]
    }) =>
      withData(
        data.plugins.map(({ name, title, ui, configSchema, config }) => ({
          id: name,
          manifest: { name: title ?? name, ui, configSchema: toFields(configSchema) },
          config,
        })),
      ),
    success: { 200: { description: 'Enabled overlays, without anything secret.', schema: WithData(z.array(PublicView)) } },
    errors: { 404: 'no such app' },
  }),
  'GET /apps/{app}/plugins/{id}': route({
    summary: 'One plugin',
    access: 'config:read',
    params: Params,
    document: ONE,
    variables: named,
    reply: ({ plugin }: { plugin: Told }) => withData(toView(plugin)),
    success: { 200: one },
    errors,
  }),
  'POST /apps/{app}/plugins/{id}/install': route({
    summary: 'Install it; doing it again changes nothing',
    access: 'config:write',
    params: Params,
    document: verb('installAppPlugin'),
    variables: named,
    reply: ({ plugin }: { plugin: Told }) => withData(toView(plugin)),
    success: { 201: one },
    errors,
  }),
  'PATCH /apps/{app}/plugins/{id}': route({
    summary: 'Enable, disable or configure it',
    access: 'config:write',
    params: Params,
    body: body(Patch),
    document: SET,
    variables: ({ params, body: { enabled, config } }) => ({ ...named({ params }), enabled, config }),
    reply: ({ plugin }: { plugin: Told }) => withData(toView(plugin)),
    success: { 200: one },
    errors: { ...errors, 400: 'not installed, no such option, or an option that can not be so' },
  }),
  'DELETE /apps/{app}/plugins/{id}': route({
    summary: 'Uninstall it',
    access: 'config:write',
    params: Params,
    document: verb('uninstallAppPlugin'),
    variables: named,
    reply: () => withData({ removed: true }),
    success: { 200: { description: 'It is gone, whether it was there or not.', schema: WithData(z.object({ removed: z.literal(true) })) } },
    errors,
  }),
  'POST /apps/{app}/plugins/{id}/worker/start': route({
    summary: 'Let it work for the app again',
    access: 'config:write',
    params: Params,
    document: verb('startAppPlugin'),
    variables: named,
    reply: ({ plugin }: { plugin: Told }) => withData(toWork(plugin)),
    success: { 201: { description: 'How it works.', schema: WithData(Work) } },
    errors: { ...errors, 400: 'it does not work for each app, is not enabled, or lacks an option' },
  }),
  'POST /apps/{app}/plugins/{id}/worker/stop': route({
    summary: 'Halt it in the app',
    access: 'config:write',
    params: Params,
    document: verb('stopAppPlugin'),
    variables: named,
    reply: ({ plugin }: { plugin: Told }) => withData(toWork(plugin)),
    success: { 201: { description: 'How it works.', schema: WithData(Work) } },
    errors: { ...errors, 400: 'it does not work for each app' },
  }),
  'GET /apps/{app}/plugins/{id}/worker/status': route({
    summary: 'How it works for the app',
    access: 'config:read',
    params: Params,
    document: ONE,
    variables: named,
    reply: ({ plugin }: { plugin: Told }) => {
      if (!plugin.plugin.worksPerApp) throw new MediaError('PLUGIN_CONFIG_INVALID', { field: 'worker', reason: 'it has none' })
      return withData(toWork(plugin))
    },
    success: { 200: { description: 'Its state.', schema: WithData(Work) } },
    errors: { ...errors, 400: 'it does not work for each app' },
  }),
  'GET /apps/{app}/plugins/{id}/logs': route({
    summary: 'What it logged lately',
    access: 'config:read',
    params: Params,
    query: LogsQuery,
    document: LOGS,
    variables: ({ params, query }) => ({ ...named({ params }), last: query.limit, source: `plugin:${params.id}` }),
    reply: ({ plugin, logs }: { plugin: Told & { log: { at: string; level: string; message: string }[] }; logs: { lines: ToldLine[] } }) =>
      withData({
        pluginId: plugin.plugin.name,
        ...(plugin.plugin.worksPerApp && { worker: toWork(plugin) }),
        workerLogs: plugin.log.map(({ at, level, message }) => ({ ts: at, stream: streamOf(level), line: message })),
        persisted: logs.lines.map(toPersisted),
      }),
    success: { 200: { description: 'Its last lines, and those in the archive.', schema: WithData(Logs) } },
    errors,
  }),
}

function toView(told: Told): z.output<typeof View> {
  const { plugin, installed, enabled, config, installedAt, updatedAt } = told
  return {
    manifest: toManifest(plugin),
    installed,
    enabled,
    config: config ?? {},
    installedAt,
    updatedAt: installed ? updatedAt : null,
    ...(plugin.worksPerApp && { worker: toWork(told) }),
  }
}

function toWork({ app, plugin, work }: Pick<Told, 'app' | 'plugin' | 'work'>): z.output<typeof Work> {
  const { state, startedAt, stoppedAt, error } = work
  return {
    app: app.name,
    pluginId: plugin.name,
    status: state.toLowerCase() as z.output<typeof Work>['status'],
    ...(startedAt !== null && { startedAt }),
    ...(stoppedAt !== null && { stoppedAt }),
    ...(error !== null && { error }),
  }
}

const streamOf = (level: string) => (['WARN', 'ERROR', 'FATAL'].includes(level.toUpperCase()) ? ('stderr' as const) : ('stdout' as const))

function toPersisted({ number, at, level, source, message, fields }: ToldLine): Record<string, unknown> {
  return { id: number, ts: at, level: level.toLowerCase(), source, message, metaJson: JSON.stringify(fields) }
}
