import { type ErrorClass, MediaError } from '../../core/kernel/errors.ts'

/** HTTP's word for each class of error. */
const HTTP_STATUS: Readonly<Record<ErrorClass, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  unprocessable: 422,
  exhausted: 429,
  internal: 500,
  unavailable: 503,
}

/** How an error is told over HTTP. What is no `MediaError` is told as `INTERNAL`. */
export function httpError(thrown: unknown): { status: number; headers: Record<string, string>; body: string } {
  const error = thrown instanceof MediaError ? thrown : new MediaError('INTERNAL')
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' }
  if (error.class === 'unavailable') headers['retry-after'] = '1'
  if (error.class === 'unauthenticated') headers['www-authenticate'] = 'Bearer'
  return { status: HTTP_STATUS[error.class], headers, body: JSON.stringify({ error: error.message, code: error.code }) }
}
