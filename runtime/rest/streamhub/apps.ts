import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import { atMost, FeaturesPatch, Flag, oneOf, toAppConfig, WHOLE_CONFIG, type WholeConfig } from './app-config.ts'
import type { Access, Who } from './gate.ts'
import { body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const RECORD = 'number name displayName prefix createdAt updatedAt'
const LIST = `{ apps { ${RECORD} } }`
const ONE = `query ($name: String!) { app(name: $name) { ${RECORD} } }`
const CREATE = `mutation ($name: String!, $config: AppConfigInput!) { app: createApp(name: $name, config: $config) { ${RECORD} } }`
const UPDATE = `mutation ($name: String!, $config: AppConfigInput!) {
  app: updateApp(name: $name, config: $config) { config { ${WHOLE_CONFIG} } s3 { keyMasked secretMasked } }
}`
const DELETE = 'mutation ($name: String!, $recordings: Boolean!) { deleteApp(name: $name, recordings: $recordings) { name } }'
const SIZES = 'query ($name: String!) { app(name: $name) { sizes { databaseBytes recordingsBytes recordings } } }'

export const NameParams = z.object({ name: z.string().describe('Name of the app.') })

type App = { number: number; name: string; displayName: string; prefix: string; createdAt: string; updatedAt: string }

const Record = z.object({
  id: z.int().describe('Number of the app; never used twice.'),
  name: z.string().describe('Its name.'),
  displayName: z.string().describe('How people call it.'),
  livekitRoomPrefix: z.string().describe('What its rooms are called, or begin with before a dash.'),
  createdAt: z.iso.datetime().describe('When it was created.'),
  updatedAt: z.iso.datetime().describe('When its configuration changed last.'),
  settingsJson: z.null().describe('Unused: the configuration is a file of its own.'),
})

const NewApp = z.object({
  name: z
    .string('must be a string')
    .regex(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/, 'must be 3 to 32 lower-case letters, digits and inner dashes')
    .describe('3 to 32 lower-case letters, digits and inner dashes.'),
  displayName: atMost(100).nullish().describe('How people call it; default: its name.'),
  roomPrefix: atMost(40).nullish().describe('What its rooms are called, or begin with before a dash; default: its name.'),
})

const Patch = z.object({
  displayName: atMost(100).min(1, 'must not be empty').nullish().describe('How people call it.'),
  roomPrefix: z
    .string('must be a string')
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 lower-case letters, digits and inner dashes')
    .nullish()
    .describe('What its rooms are called, or begin with before a dash.'),
  recordingEnabled: Flag.nullish().describe('Whether anything may be recorded.'),
  splitMinutes: oneOf([0, 15, 30, 60, 90, 120]).nullish().describe('Minutes after which a recording goes on in the next file; 0: never.'),
  snapshotSeconds: oneOf([0, 1, 30, 60, 120, 360]).nullish().describe('Seconds between the pictures that a recording takes; 0: none.'),
  callbackUrl: atMost(2_048)
    .regex(/^$|^https?:\/\/[^\s/]/, 'must be an http:// or https:// address, or empty')
    .nullish()
    .describe('Who is told what happens; empty: nobody.'),
  callbackSecret: atMost(256).nullish().describe('The key that signs what is told; empty: none.'),
  features: FeaturesPatch.nullish().describe('Feature flags; what is left out stays as it is.'),
})

const Sizes = z.object({
  app: z.string().describe('Name of the app.'),
  dbSizeBytes: z.int().describe('Its database, in bytes.'),
  vodTotalBytes: z.int().describe('Its recordings, in bytes.'),
  vodCount: z.int().describe('How many recordings it has.'),
})

const NO_APP = { 404: 'no such app' }

/** The registry of apps. */
export const apps: RouteTable<Access, Who> = {
  'GET /apps': route({
    summary: 'The apps that the caller may read, by name',
    access: 'app:read',
    document: LIST,
    reply: (data: { apps: readonly App[] }) => data.apps.map(toRecord),
    success: { 200: { description: 'The apps.', schema: z.array(Record) } },
  }),
  'POST /apps': route({
    summary: 'Create an app',
    description: 'It belongs to the tenant of the caller.',
    access: 'app:create',
    body: body(NewApp),
    document: CREATE,
    variables: ({ body: { name, displayName, roomPrefix } }) => ({
      name,
      config: { ...(displayName && { displayName }), ...(roomPrefix && { roomPrefix: roomPrefix.toLowerCase() }) },
    }),
    reply: ({ app }: { app: App }) => toRecord(app),
    success: { 201: { description: 'It is there.', schema: Record } },
    errors: {
      400: 'a field is missing or wrong',
      409: 'there is an app of this name, or one whose rooms have such names',
      429: 'the tenant has as many apps as it may have',
    },
  }),
  'GET /apps/{name}': route({
    summary: 'One app',
    access: 'app:read',
    params: NameParams,
    document: ONE,
    variables: ({ params }) => params,
    reply: ({ app }: { app: App }) => toRecord(app),
    success: { 200: { description: 'The app.', schema: Record } },
    errors: NO_APP,
  }),
  'PATCH /apps/{name}': route({
    summary: 'Change the most common keys of the configuration',
    access: 'config:write',
    params: NameParams,
    body: body(Patch),
    document: UPDATE,
    variables: ({ params: { name }, body: patch }) => ({
      name,
      config: {
        displayName: patch.displayName,
        roomPrefix: patch.roomPrefix,
        recording: { enabled: patch.recordingEnabled, splitMinutes: patch.splitMinutes, snapshotSeconds: patch.snapshotSeconds },
        callbacks: { url: patch.callbackUrl, secret: patch.callbackSecret },
        features: patch.features,
      },
    }),
    reply: ({ app: { config, s3 } }: { app: { config: WholeConfig; s3: { keyMasked: string; secretMasked: string } } }) =>
      toAppConfig(config, s3),
    success: { 200: { description: 'The whole configuration, secrets masked.', schema: z.record(z.string(), z.unknown()) } },
    errors: { ...NO_APP, 400: 'a field is wrong, or the present file can not be read', 409: 'another app has rooms with such names' },
  }),
  'DELETE /apps/{name}': route({
    summary: 'Delete an app',
    description: 'Its rooms are closed, and its tokens, stream keys and secrets are gone. Recordings stay unless `deleteVods` is `true`.',
    access: 'app:delete',
    params: NameParams,
    query: z.object({ deleteVods: z.string().optional().describe('`true` to delete its recordings as well.') }),
    document: DELETE,
    variables: ({ params, query: { deleteVods } }) => ({ ...params, recordings: deleteVods === 'true' || deleteVods === '1' }),
    reply: (_data, { params: { name } }) => ({ deleted: true, name }),
    success: { 200: { description: 'It is gone.', schema: z.object({ deleted: z.literal(true), name: z.string() }) } },
    errors: {
      ...NO_APP,
      409: 'the app `default` owns what nobody else claims',
      503: 'its bucket can not be reached: nothing of it was deleted; or not all recordings could be deleted in a minute: ask again',
    },
  }),
  'GET /apps/{name}/sizes': route({
    summary: 'How much room an app takes',
    access: 'app:read',
    params: NameParams,
    document: SIZES,
    variables: ({ params }) => params,
    reply: ({ app: { sizes } }: { app: { sizes: { databaseBytes: number; recordingsBytes: number; recordings: number } } }, { params }) =>
      withData({
        app: params.name,
        dbSizeBytes: Number(sizes.databaseBytes),
        vodTotalBytes: Number(sizes.recordingsBytes),
        vodCount: sizes.recordings,
      }),
    success: { 200: { description: 'Its sizes.', schema: WithData(Sizes) } },
    errors: NO_APP,
  }),
}

function toRecord({ number, name, displayName, prefix, createdAt, updatedAt }: App): z.output<typeof Record> {
  return { id: number, name, displayName, livekitRoomPrefix: prefix, createdAt, updatedAt, settingsJson: null }
}
