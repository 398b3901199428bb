import type { FastifyRequest } from 'fastify'

const ALWAYS = {
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': 'Content-Type, Authorization, X-Auth-Token, If-Match',
  'access-control-expose-headers': 'Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After',
}

/**
 * The CORS headers of every answer.
 *
 * @param allowed `*`, or origins, each whole (`https://example.org`) or as a bare host, which stands for any port and scheme.
 */
export function cors(allowed: readonly string[]): (request: FastifyRequest) => Record<string, string> {
  if (allowed.includes('*')) return () => ({ 'access-control-allow-origin': '*', ...ALWAYS })
  return ({ headers: { origin } }) => {
    const known = origin !== undefined && allowed.some((entry) => entry === origin || entry === hostOf(origin))
    return {
      ...(known && { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }),
      vary: 'Origin',
      ...ALWAYS,
    }
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined
}
