import { SECRET_MASK, type SecretsChange } from './app-secrets.ts'
import type { ConfigChange } from './config-change.ts'

/**
 * A change without the secret that signs callbacks, which is kept beside the file; one that stands in the file makes room for it. The
 * mask that readers get changes nothing when it is sent back.
 */
export function withoutCallbackSecret(change: ConfigChange): { config: ConfigChange; secrets: SecretsChange } {
  const { secret, ...callbacks } = change.callbacks ?? {}
  if (secret === undefined) return { config: change, secrets: {} }
  if (secret === SECRET_MASK) return { config: { ...change, callbacks }, secrets: {} }
  return { config: { ...change, callbacks: { ...callbacks, secret: '' } }, secrets: { 'callbacks.secret': secret } }
}
