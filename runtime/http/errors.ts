import type { ErrorClass } from '../../core/kernel/errors.ts'
import { MediaError } from '../../core/kernel/errors.ts'

/** The HTTP status of each class of failure. */
const STATUS: Readonly<Record<ErrorClass, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid: 400,
  missing: 404,
  conflict: 409,
  unprocessable: 422,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
}

export type ErrorBody = { readonly error: string; readonly code: string; readonly field?: string }
export type ErrorAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: ErrorBody }

/** Codes for what the HTTP layer itself refuses. */
const HTTP_CODES: Readonly<Record<number, string>> = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'TIMEOUT',
  413: 'BODY_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'RATE_LIMITED',
  503: 'OVERLOADED',
}

/** What the caller is answered for anything that was thrown. A fault of ours keeps its message to itself. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof MediaError) return mediaErrorAnswer(error)
  const status = refusedStatus(error)
  if (status === undefined) return mediaErrorAnswer(new MediaError('INTERNAL'))
  const message = error instanceof Error ? error.message : 'The request can not be served.'
  return { status, headers: {}, body: { error: message, code: HTTP_CODES[status] ?? 'INPUT_INVALID' } }
}

function mediaErrorAnswer(error: MediaError): ErrorAnswer {
  const { field } = error.details
  const status = STATUS[error.class]
  return {
    status,
    headers: { ...(status === 401 && { 'www-authenticate': 'Bearer' }), ...(status === 503 && { 'retry-after': '2' }) },
    body: { error: error.message, code: error.code, ...(typeof field === 'string' && { field }) },
  }
}

/** The 4xx (or 503) that Fastify and its parsers put on their errors; undefined for a fault of ours. */
function refusedStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined
  const { statusCode } = error
  return (statusCode >= 400 && statusCode < 500) || statusCode === 503 ? statusCode : undefined
}
