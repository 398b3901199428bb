import { MediaError } from '../kernel/errors.ts'
import type { OutboundPolicy } from '../kernel/outbound.ts'
import type { App } from './app.ts'
import { maskSecret, type SecretsChange } from './app-secrets.ts'
import type { AppConfig } from './config.ts'
import type { ConfigChange } from './config-change.ts'

/** Characters of an access or secret key. */
const MAX_CREDENTIAL = 512

type S3Settings = Omit<AppConfig['s3'], 'accessKeyEnv' | 'secretKeyEnv'>

/** Everything a client for the app's bucket needs. An empty `endpoint` is AWS's own. */
export type S3Access = S3Settings & { readonly accessKeyId: string; readonly secretAccessKey: string }

/** What may be shown about an app's bucket. */
export type S3View = AppConfig['s3'] & {
  /** Whether anything is uploaded: there are a bucket and both credentials. */
  readonly configured: boolean
  readonly keyMasked: string
  readonly secretMasked: string
  readonly hasKey: boolean
  readonly hasSecret: boolean
  /** Whether anybody can read the recordings. */
  readonly isPublic: boolean
  readonly publicWarning: string | undefined
}

export type S3Change = Partial<S3Settings> & {
  /** The credentials; empty to forget one. */
  readonly key?: string
  readonly secret?: string
  /** Whoever makes the recordings public means it. */
  readonly confirmPublic?: boolean
}

/** The settings and credentials of an app's bucket; undefined while one of these is missing. */
export function s3Access({ config, secrets }: App): S3Access | undefined {
  const { accessKeyEnv, secretKeyEnv, ...settings } = config.s3
  const accessKeyId = secrets.get('s3.key') || secrets.fromEnvironment(accessKeyEnv)
  const secretAccessKey = secrets.get('s3.secret') || secrets.fromEnvironment(secretKeyEnv)
  if (settings.bucket === '' || accessKeyId === '' || secretAccessKey === '') return undefined
  return { ...settings, accessKeyId, secretAccessKey }
}

export function s3View(app: App): S3View {
  const { config, secrets } = app
  const key = secrets.get('s3.key') || secrets.fromEnvironment(config.s3.accessKeyEnv)
  const secret = secrets.get('s3.secret') || secrets.fromEnvironment(config.s3.secretKeyEnv)
  const isPublic = config.s3.publicUrl !== ''
  return {
    ...config.s3,
    configured: s3Access(app) !== undefined,
    keyMasked: maskSecret(key),
    secretMasked: maskSecret(secret),
    hasKey: key !== '',
    hasSecret: secret !== '',
    isPublic,
    publicWarning: isPublic ? 'Anybody who knows the address of a recording can read it.' : undefined,
  }
}

/**
 * What a change of the bucket's settings means for the configuration.
 *
 * @throws {MediaError} `INPUT_INVALID` for an address the server can or may not reach, or for recordings made public unconfirmed.
 */
export function s3ConfigChange(
  { key: _key, secret: _secret, confirmPublic, ...settings }: S3Change,
  outbound: OutboundPolicy,
): ConfigChange {
  const { provider, endpoint, publicUrl } = settings
  if (endpoint) outbound.screen(endpoint, { field: 'endpoint' })
  if (publicUrl && !/^https?:\/\//.test(URL.parse(publicUrl)?.href ?? ''))
    throw new MediaError('INPUT_INVALID', { field: 'public_url', reason: 'must be an http:// or https:// address' })
  if (publicUrl && confirmPublic !== true)
    throw new MediaError('INPUT_INVALID', { field: 'confirmPublic', reason: 'must be true: anybody could read the recordings then' })
  return { s3: { ...settings, ...(provider === 'aws' && endpoint === undefined && { endpoint: '' }) } }
}

/**
 * The credentials that a change brings; a mask that is sent back changes nothing.
 *
 * @throws {MediaError} `INPUT_INVALID` for one that is too long.
 */
export function s3SecretsChange(app: App, { key, secret }: S3Change): SecretsChange {
  const { keyMasked, secretMasked } = s3View(app)
  for (const [field, value] of Object.entries({ key, secret })) {
    if ((value?.length ?? 0) > MAX_CREDENTIAL)
      throw new MediaError('INPUT_INVALID', { field, reason: `must have at most ${MAX_CREDENTIAL} characters` })
  }
  return {
    ...(key !== undefined && (key === '' || key !== keyMasked) && { 's3.key': key }),
    ...(secret !== undefined && (secret === '' || secret !== secretMasked) && { 's3.secret': secret }),
  }
}
