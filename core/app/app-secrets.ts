import type { ServerKeys } from '../access/server-keys.ts'
import { envPrefixOf } from './config.ts'

/** Environment variables for apps, by name. */
export type AppEnvironment = ReadonlyMap<string, string>

const NAMES = ['s3.key', 's3.secret', 'callbacks.secret'] as const
type AppSecretName = (typeof NAMES)[number]
/** New secrets; an empty one is forgotten. */
export type SecretsChange = { readonly [Name in AppSecretName]?: string }

/** What a secret reads as where not even its ends are shown. */
export const SECRET_MASK = '********'

/** What an app keeps outside of its configuration: secrets set through the API, and those that the environment holds for it. */
export class AppSecrets {
  readonly #app: string
  readonly #keys: ServerKeys
  readonly #environment: AppEnvironment

  constructor(app: string, keys: ServerKeys, environment: AppEnvironment) {
    this.#app = app
    this.#keys = keys
    this.#environment = environment
  }

  /** What was set through the API; empty: nothing. */
  get(name: AppSecretName): string {
    return this.#keys.secret(this.#keyOf(name)) ?? ''
  }

  async change(secrets: SecretsChange): Promise<void> {
    for (const name of NAMES) {
      const value = secrets[name]
      if (value !== undefined && value !== this.get(name)) await this.#keys.setSecret(this.#keyOf(name), value || undefined)
    }
  }

  /**
   * What the environment holds under this name. Names that are not this app's own hold nothing: whoever writes a configuration could
   * otherwise have the server's own secrets sent to a bucket of theirs.
   */
  fromEnvironment(variable: string): string {
    const prefix = envPrefixOf(this.#app)
    const isOwn = variable.startsWith(prefix) && /^(S3|MQTT)_[A-Z]+$/.test(variable.slice(prefix.length))
    return (isOwn ? this.#environment.get(variable) : undefined) ?? ''
  }

  async forget(): Promise<void> {
    await this.change({ 's3.key': '', 's3.secret': '', 'callbacks.secret': '' })
  }

  #keyOf(name: AppSecretName): string {
    const [block, key] = name.split('.')
    return `${block}.${this.#app}.${key}`
  }
}

/** What may be shown of a secret: nothing of a short one, else its ends. Empty when there is none. */
export function maskSecret(secret: string): string {
  if (secret === '') return ''
  return secret.length <= 4 ? '****' : `${secret.slice(0, 2)}***${secret.slice(-2)}`
}
