import { isLoopback } from '../../core/kernel/addresses.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Config } from './env.ts'

/**
 * Whether only this machine can call the server, so that callers without a credential may publish and play.
 * Naming trusted proxies means being reachable through them, whatever the address listened on.
 */
export function isLoopbackOnly(config: Pick<Config, 'host' | 'trustedProxies'>): boolean {
  return isLoopback(config.host) && config.trustedProxies.isEmpty
}

/**
 * Refuses a start that would leave a server without any credential reachable from elsewhere. A token generated at start
 * does not count: the operator has not seen it yet.
 *
 * @param hasStoredToken Whether a token was made in an earlier run.
 * @throws {MediaError} `CONFIG_INVALID` saying what to set.
 */
export function requireSafeExposure(config: Config, hasStoredToken: boolean): void {
  if (isLoopbackOnly(config) || config.insecure || hasStoredToken || hasCredential(config)) return
  const name = isLoopback(config.host) ? 'TRUSTED_PROXIES' : 'HOST'
  throw new MediaError('CONFIG_INVALID', {
    issues: [
      {
        name,
        problem:
          'makes the server reachable from other machines while no credential is configured: set PATCHBAY_API_TOKEN (or AUTH_TOKEN, ' +
          'ROOM_TOKENS, JWT_SECRET, ADMIN_TOKEN or API_SECRET), listen on 127.0.0.1, or start with --insecure',
      },
    ],
  })
}

function hasCredential({ apiToken, goLive, rtcStack }: Config): boolean {
  const { authToken, roomTokens, jwtSecret, adminToken } = goLive
  return [apiToken, authToken, jwtSecret, adminToken, rtcStack.apiSecret].some((one) => one !== undefined) || roomTokens.size > 0
}
