import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Answer } from './answer.ts'

/**
 * An answer with a weak validator of its JSON; nothing but that for whoever has the same already.
 *
 * @see RFC 9110 sections 8.8.3 and 13.1.2
 */
export function validated(answer: Answer, request: Pick<FastifyRequest, 'method' | 'headers'>): Answer {
  const { status, body } = answer
  if (status !== 200 || typeof body !== 'object' || !['GET', 'HEAD'].includes(request.method)) return answer
  const etag = `W/"${createHash('sha1').update(JSON.stringify(body)).digest('base64url')}"`
  const headers = { ...answer.headers, etag }
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim()) ?? []
  return known.includes(etag) ? new Answer(304, { headers }) : new Answer(200, { headers, body })
}
