import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../core/kernel/addresses.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import { isProxied } from './remote-address.ts'

/**
 * Keeps the outside away from a server that trusts this machine: callers without a credential may not come through a proxy
 * or a tunnel, nor from a page whose host name was rebound to 127.0.0.1 (such a request carries the page's own host name),
 * nor from a page of another site that happens to be open in a browser here.
 *
 * @param allowedOrigins Origins whose pages may. `*` does not count: it is the default, and nobody means every site by it.
 * @throws {MediaError} `FORBIDDEN` whose `reason` says which.
 */
export function requireLocal(request: IncomingMessage, allowedOrigins: readonly string[] = []): void {
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
  if (isFromAnotherSite(request) && !allowedOrigins.includes(request.headers.origin ?? '')) {
    throw new MediaError('FORBIDDEN', {
      reason: 'pages of other sites need a credential on a server that listens on loopback only, or to be named in ALLOWED_ORIGIN',
    })
  }
}

/**
 * Whether a script or form of another site's page asks. Browsers say so, and no page can change what they say. Links, frames and
 * pictures may point here, since what they get stays hidden from the page; preflights only ask.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
function isFromAnotherSite({ method = '', headers }: IncomingMessage): boolean {
  if (headers['sec-fetch-site'] !== 'cross-site' || method === 'OPTIONS') return false
  const isShownOnly = (method === 'GET' || method === 'HEAD') && ['navigate', 'no-cors'].includes(String(headers['sec-fetch-mode']))
  return !isShownOnly && !isLoopback(hostOf(headers.origin ?? ''))
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

/** The Host header without its port. */
function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}
