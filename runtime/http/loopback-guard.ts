import type { IncomingMessage } from 'node:http'
import { MediaError } from '../../core/kernel/errors.ts'
import { isLoopback } from '../config/addresses.ts'
import { isProxied } from './remote-address.ts'

/**
 * Keeps the outside away from a server that trusts this machine: callers without a credential may not come through a proxy
 * or a tunnel, nor from a page whose host name was rebound to 127.0.0.1 (such a request carries the page's own host name).
 *
 * @throws {MediaError} `FORBIDDEN` whose `reason` says which.
 */
export function requireLocal(request: IncomingMessage): void {
  if (isProxied(request)) {
    throw new MediaError('FORBIDDEN', {
      reason:
        'this server listens on loopback only, so proxied requests need a credential; name the proxy in TRUSTED_PROXIES to serve others',
    })
  }
  if (!isLoopback(hostNameOf(request.headers.host ?? ''))) {
    throw new MediaError('FORBIDDEN', {
      reason: 'this server listens on loopback only and answers to localhost, unless a credential is sent',
    })
  }
}

/** The Host header without its port. */
function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}
