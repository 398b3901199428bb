import type { IceServer } from '../kit/core-api.ts'

/** One Link header for each URL of the ICE servers. @see RFC 9725 section 4.6 */
export function iceLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) =>
      link(url, {
        rel: 'ice-server',
        ...(username !== undefined && { username }),
        ...(credential !== undefined && { credential, 'credential-type': 'password' }),
      }),
    ),
  )
}

/** @see RFC 8288 section 3 */
export function link(target: string, parameters: Readonly<Record<string, string>>): string {
  const quoted = Object.entries(parameters).map(([name, value]) => `; ${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
  return `<${target.replaceAll('>', '%3E')}>${quoted.join('')}`
}

export function withLinks(links: readonly string[], headers = new Headers()): Headers {
  for (const value of links) headers.append('link', value)
  return headers
}
