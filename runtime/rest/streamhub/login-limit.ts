import type { IncomingMessage } from 'node:http'
import type { Attempts } from '../../../core/access/attempt-limit.ts'

const LIMITED = /^\/api\/v1\/auth\/(login|magic-link|magic\/verify)(?=\?|$)/

/** What the answers of limited routes tell about the limit. @see draft-ietf-httpapi-ratelimit-headers-07, and -06 for the single ones */
export function limitHeaders({ url = '' }: Pick<IncomingMessage, 'url'>, attempts: () => Attempts): Record<string, string> {
  if (!LIMITED.test(url)) return {}
  const { limit, remaining, resetsInS, windowS } = attempts()
  return {
    'ratelimit-policy': `${limit};w=${windowS}`,
    ratelimit: `limit=${limit}, remaining=${remaining}, reset=${resetsInS}`,
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetsInS),
  }
}
