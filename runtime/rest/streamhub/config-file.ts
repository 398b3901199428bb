import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import { atMost } from './app-config.ts'
import { NameParams } from './apps.ts'
import type { Access, Who } from './gate.ts'
import { body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const TEXT = 'query ($name: String!) { app(name: $name) { configText } }'
const REPLACE = 'mutation ($name: String!, $yaml: String!) { reload: replaceAppConfig(name: $name, text: $yaml) { reloaded warnings } }'
const CHECK = `query ($name: String!, $yaml: String!) {
  check: checkAppConfig(name: $name, text: $yaml) { valid warnings error diff changed }
}`
const BACKUPS = 'query ($name: String!) { app(name: $name) { configBackups { file stamp sizeBytes createdAt } } }'
const BACKUP = 'query ($name: String!, $ts: String!) { app(name: $name) { configBackup(stamp: $ts) } }'
const REVERT = 'mutation ($name: String!, $ts: String!) { reload: revertAppConfig(name: $name, stamp: $ts) { reloaded warnings } }'
const RELOAD = 'mutation ($name: String!) { reload: reloadAppConfig(name: $name) { reloaded warnings } }'

const BackupParams = NameParams.extend({ ts: z.string().describe('When the backup was taken: `20260131T235959123Z`.') })
const Yaml = z.object({ yaml: atMost(100_000).describe('The text of the file.') })

const YamlAnswer = WithData(z.object({ yaml: z.string().describe('The text, to the letter.') }))
const Reload = z.object({
  reloaded: z.boolean().describe('Whether the app follows the file now.'),
  warnings: z.array(z.string()).describe('What in the file is not understood, or not taken from there.'),
})
const Check = z.object({
  valid: z.boolean().describe('Whether it would be taken.'),
  warnings: z.array(z.string()).describe('What in it is not understood, or not taken from there.'),
  error: z.string().nullable().describe('Why it would not be taken.'),
  diff: z.string().describe('Every line, beginning with two spaces, `- ` or `+ `; empty without a change.'),
  changed: z.boolean().describe('Whether it differs from the present file.'),
})
const Backup = z.object({
  file: z.string().describe('Name of the file.'),
  ts: z.string().describe('When it was taken; names it.'),
  sizeBytes: z.int().describe('Its length, in bytes.'),
  createdAt: z.iso.datetime().describe('When it was taken.'),
})

type Reloaded = { reload: z.output<typeof Reload> }
type Backups = { app: { configBackups: readonly { file: string; stamp: string; sizeBytes: number; createdAt: string }[] } }

const NO_APP = { 404: 'no such app' }
const NO_BACKUP = { 404: 'no such app or backup' }

/** The configuration file of an app, as a text. */
export const configFile: RouteTable<Access, Who> = {
  'GET /apps/{name}/config/raw': route({
    summary: 'The configuration file of an app',
    access: 'config:read',
    params: NameParams,
    document: TEXT,
    variables: ({ params }) => params,
    reply: ({ app }: { app: { configText: string } }) => withData({ yaml: app.configText }),
    success: { 200: { description: 'Its text.', schema: YamlAnswer } },
    errors: NO_APP,
  }),
  'PUT /apps/{name}/config/raw': route({
    summary: 'Replace the configuration file of an app',
    description: 'It is checked, the present one is kept as a backup, and the app follows the new one at once.',
    access: 'config:write',
    params: NameParams,
    body: body(Yaml),
    document: REPLACE,
    variables: ({ params, body: { yaml } }) => ({ ...params, yaml }),
    reply: ({ reload }: Reloaded) => withData(reload),
    success: { 200: { description: 'It is written and followed.', schema: WithData(Reload) } },
    errors: { ...NO_APP, 400: 'it can not be used; nothing is written', 409: 'another app has rooms with such names' },
  }),
  'POST /apps/{name}/config/raw/validate': route({
    summary: 'Check a text as the configuration file of an app',
    access: 'config:read',
    params: NameParams,
    body: body(Yaml),
    document: CHECK,
    variables: ({ params, body: { yaml } }) => ({ ...params, yaml }),
    reply: ({ check }: { check: z.output<typeof Check> }) => withData(check),
    success: { 201: { description: 'What would come of it.', schema: WithData(Check) } },
    errors: NO_APP,
  }),
  'GET /apps/{name}/config/backups': route({
    summary: 'Former configuration files of an app, newest first',
    access: 'config:read',
    params: NameParams,
    document: BACKUPS,
    variables: ({ params }) => params,
    reply: ({ app }: Backups) => withData(app.configBackups.map(({ stamp, ...backup }) => ({ ...backup, ts: stamp }))),
    success: { 200: { description: 'The backups; at most 20 are kept.', schema: WithData(z.array(Backup)) } },
    errors: NO_APP,
  }),
  'GET /apps/{name}/config/backups/{ts}': route({
    summary: 'A former configuration file of an app',
    access: 'config:read',
    params: BackupParams,
    document: BACKUP,
    variables: ({ params }) => params,
    reply: ({ app }: { app: { configBackup: string } }) => withData({ yaml: app.configBackup }),
    success: { 200: { description: 'Its text.', schema: YamlAnswer } },
    errors: NO_BACKUP,
  }),
  'POST /apps/{name}/config/backups/{ts}/revert': route({
    summary: 'Put a former configuration file back',
    description: 'The present one is kept as a backup itself.',
    access: 'config:write',
    params: BackupParams,
    document: REVERT,
    variables: ({ params }) => params,
    reply: ({ reload }: Reloaded) => withData(reload),
    success: { 201: { description: 'It is back and followed.', schema: WithData(Reload) } },
    errors: { ...NO_BACKUP, 400: 'it can not be used any more', 409: 'another app has rooms with such names' },
  }),
  'POST /apps/{name}/reload': route({
    summary: 'Read the configuration file again',
    description: 'For whoever edited it on the server. A file that can not be used changes nothing, and the warnings say why.',
    access: 'config:write',
    params: NameParams,
    document: RELOAD,
    variables: ({ params }) => params,
    reply: ({ reload }: Reloaded) => withData(reload),
    success: { 201: { description: 'What came of it.', schema: WithData(Reload) } },
    errors: NO_APP,
  }),
}
