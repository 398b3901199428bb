import { type S3View, s3View } from '../core/app/s3.ts'
import { S3ProviderEnum } from './app-enums.ts'
import { builder } from './builder.ts'
import { given } from './given.ts'
import { nameIn } from './global-ids.ts'
import { AppType } from './refs.ts'
import { appTarget } from './targets.ts'

const S3 = builder.objectRef<S3View>('AppS3').implement({
  description: 'Where the recordings of an app are uploaded to; credentials are masked.',
  fields: (t) => ({
    provider: t.expose('provider', { type: S3ProviderEnum, description: 'Whose storage it is.' }),
    bucket: t.exposeString('bucket', { description: 'Its bucket; empty: nothing is uploaded.' }),
    region: t.exposeString('region', { description: 'The region of the bucket.' }),
    endpoint: t.exposeString('endpoint', { description: "Where it is reached; empty: AWS's own address for the region." }),
    forcePathStyle: t.exposeBoolean('forcePathStyle', { description: 'Whether the bucket is named in the path instead of the host name.' }),
    prefix: t.exposeString('prefix', { description: 'What the keys of all its objects begin with.' }),
    publicUrl: t.exposeString('publicUrl', { description: 'Where anybody can read the bucket; empty: by signed links only.' }),
    accessKeyEnv: t.exposeString('accessKeyEnv', {
      description: 'The environment variable that holds the access key, unless one was set here.',
    }),
    secretKeyEnv: t.exposeString('secretKeyEnv', {
      description: 'The environment variable that holds the secret key, unless one was set here.',
    }),
    configured: t.exposeBoolean('configured', { description: 'Whether there are a bucket and both credentials.' }),
    keyMasked: t.exposeString('keyMasked', { description: 'The ends of the access key; empty when there is none.' }),
    secretMasked: t.exposeString('secretMasked', { description: 'The ends of the secret key; empty when there is none.' }),
    hasKey: t.exposeBoolean('hasKey', { description: 'Whether there is an access key.' }),
    hasSecret: t.exposeBoolean('hasSecret', { description: 'Whether there is a secret key.' }),
    isPublic: t.exposeBoolean('isPublic', { description: 'Whether anybody can read the recordings.' }),
    publicWarning: t.exposeString('publicWarning', { nullable: true, description: 'What that means, if so.' }),
  }),
})

const S3Input = builder.inputType('AppS3Input', {
  description: 'What to change about where the recordings of an app are uploaded to; what is left out stays as it is.',
  fields: (t) => ({
    provider: t.field({ type: S3ProviderEnum, description: 'Whose storage it is. `AWS` without an endpoint clears the endpoint.' }),
    bucket: t.string({ description: 'Its bucket; empty: nothing is uploaded.' }),
    region: t.string({ description: 'The region of the bucket.' }),
    endpoint: t.string({ description: "Where it is reached: an http or https address; empty: AWS's own for the region." }),
    forcePathStyle: t.boolean({ description: 'Whether the bucket is named in the path instead of the host name.' }),
    prefix: t.string({ description: 'What the keys of all its objects begin with.' }),
    publicUrl: t.string({ description: 'Where anybody can read the bucket; needs `confirmPublic`, unless it is empty.' }),
    key: t.string({ description: 'The access key; empty to forget it.' }),
    secret: t.string({ description: 'The secret key; empty to forget it.' }),
    confirmPublic: t.boolean({ description: 'That anybody shall be able to read the recordings.' }),
  }),
})

builder.objectField(AppType, 's3', (t) =>
  t.field({
    type: S3,
    description: 'Where its recordings are uploaded to.',
    extensions: { grant: 's3:read', target: appTarget.parent },
    resolve: (app) => s3View(app),
  }),
)

builder.mutationField('updateAppS3', (t) =>
  t.field({
    type: AppType,
    description: 'Changes where the recordings of an app are uploaded to. Credentials are kept apart from its configuration file.',
    extensions: { grant: 's3:write', target: appTarget.name },
    args: {
      name: t.arg.string({ required: true, description: 'Name of the app.' }),
      s3: t.arg({ type: S3Input, required: true, description: 'What to change.' }),
    },
    resolve: (_root, { name, s3 }, { core }) => core.apps.updateS3(nameIn(name), given(s3)),
  }),
)
