import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import { atMost, Flag, oneOf, word } from './app-config.ts'
import { NameParams } from './apps.ts'
import type { Access, Who } from './gate.ts'
import { body, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const FIELDS = `provider bucket region endpoint forcePathStyle prefix publicUrl accessKeyEnv secretKeyEnv
  configured keyMasked secretMasked hasKey hasSecret isPublic publicWarning`
const READ = `query ($name: String!) { app(name: $name) { s3 { ${FIELDS} } } }`
const UPDATE = `mutation ($name: String!, $s3: AppS3Input!) { app: updateAppS3(name: $name, s3: $s3) { s3 { ${FIELDS} } } }`

const View = z.object({
  provider: z.string().describe('aws, wasabi or minio.'),
  bucket: z.string().describe('Its bucket; empty: nothing is uploaded.'),
  region: z.string().describe('The region of the bucket.'),
  endpoint: z.string().describe("Where it is reached; empty: AWS's own address for the region."),
  forcePathStyle: z.boolean().describe('Whether the bucket is named in the path instead of the host name.'),
  prefix: z.string().describe('What the keys of all its objects begin with.'),
  public_url: z.string().describe('Where anybody can read the bucket; empty: by signed links only.'),
  accessKeyEnv: z.string().describe('The environment variable that holds the access key, unless one was set.'),
  secretKeyEnv: z.string().describe('The environment variable that holds the secret key, unless one was set.'),
  key: z.string().describe('The ends of the access key.'),
  secret: z.string().describe('The ends of the secret key.'),
  configured: z.boolean().describe('Whether there are a bucket and both credentials.'),
  keyMasked: z.string().describe('The ends of the access key.'),
  secretMasked: z.string().describe('The ends of the secret key.'),
  hasKey: z.boolean().describe('Whether there is an access key.'),
  hasSecret: z.boolean().describe('Whether there is a secret key.'),
  publicVods: z.boolean().describe('Whether anybody can read the recordings.'),
  publicWarning: z.string().nullable().describe('What that means, if so.'),
})

type S3 = Omit<z.output<typeof View>, 'public_url' | 'key' | 'secret' | 'publicVods'> & { publicUrl: string; isPublic: boolean }

const Patch = z.object({
  provider: oneOf(['aws', 'wasabi', 'minio']).nullish().describe('Whose storage it is. `aws` without an endpoint clears the endpoint.'),
  bucket: atMost(255).nullish().describe('Its bucket; empty: nothing is uploaded.'),
  region: atMost(64).nullish().describe('The region of the bucket.'),
  endpoint: atMost(255).nullish().describe('Where it is reached.'),
  forcePathStyle: Flag.nullish().describe('Whether the bucket is named in the path, as MinIO needs it.'),
  prefix: atMost(255).nullish().describe('What the keys of all its objects begin with.'),
  public_url: atMost(255).nullish().describe('Where anybody can read the bucket; needs `confirmPublic`, unless it is empty.'),
  key: atMost(512).nullish().describe('The access key; never part of the file.'),
  secret: atMost(512).nullish().describe('The secret key; never part of the file.'),
  confirmPublic: Flag.nullish().describe('That anybody shall be able to read the recordings.'),
})

/** Where the recordings of an app are uploaded to. */
export const s3: RouteTable<Access, Who> = {
  'GET /apps/{name}/s3': route({
    summary: 'Where the recordings of an app are uploaded to',
    access: 's3:read',
    params: NameParams,
    document: READ,
    variables: ({ params }) => params,
    reply: ({ app }: { app: { s3: S3 } }) => withData(toView(app.s3)),
    success: { 200: { description: 'The settings, credentials masked.', schema: WithData(View) } },
    errors: { 404: 'no such app' },
  }),
  'PUT /apps/{name}/s3': route({
    summary: 'Change where the recordings of an app are uploaded to',
    description: 'What is left out stays as it is.',
    access: 's3:write',
    params: NameParams,
    body: body(Patch),
    document: UPDATE,
    variables: ({ params, body: { provider, public_url, ...others } }) => ({
      ...params,
      s3: { ...others, provider: provider?.toUpperCase(), publicUrl: public_url },
    }),
    reply: ({ app }: { app: { s3: S3 } }) => withData(toView(app.s3)),
    success: { 200: { description: 'The settings as they are now.', schema: WithData(View) } },
    errors: { 400: 'a field is wrong, or recordings would be public without `confirmPublic`', 404: 'no such app' },
  }),
}

function toView({ publicUrl, isPublic, ...s3 }: S3): z.output<typeof View> {
  const { provider, keyMasked, secretMasked } = s3
  return { ...s3, provider: word(provider), public_url: publicUrl, publicVods: isPublic, key: keyMasked, secret: secretMasked }
}
