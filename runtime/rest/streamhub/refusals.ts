import { STATUS_CODES } from 'node:http'
import { type ErrorClass, type ErrorCode, MediaError } from '../../../core/kernel/errors.ts'
import { Answer, HttpRefusal } from '../answer.ts'

const BY_CODE: { readonly [Code in ErrorCode]?: number } = {
  STREAM_KEY_UNKNOWN: 404,
  NOTHING_LIVE: 503,
  PLUGIN_DISABLED: 400,
  PLUGIN_CONFIG_INVALID: 400,
  NODE_STATS_TOO_LARGE: 413,
}

/** Told to nodes, and to those who look after them, as `{"error": …}`. */
const BRIEFLY: ReadonlySet<ErrorCode> = new Set([
  'CLUSTER_DISABLED',
  'CLUSTER_TOKEN_WRONG',
  'NODE_NOT_FOUND',
  'NODE_EXISTS',
  'NODE_FIXED',
  'NODE_STATS_TOO_LARGE',
])

const BY_CLASS: Readonly<Record<ErrorClass, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid: 400,
  missing: 404,
  conflict: 409,
  unprocessable: 400,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
}

/** What clients recognise by the message. */
const MESSAGES: { readonly [Code in ErrorCode]?: string } = { SIGN_UP_DISABLED: 'signup_disabled', MAIL_UNAVAILABLE: 'mail_not_configured' }

type Issue = { readonly field: string; readonly reason: string }

/** Anything that was thrown, as `{"message": …, "error": "Bad Request", "statusCode": 400}`. */
export function refusal(thrown: unknown): Answer {
  if (thrown instanceof HttpRefusal) return refused(thrown.status, STATUS_CODES[thrown.status] ?? 'refused', thrown.headers)
  if (!(thrown instanceof MediaError)) return refused(500, 'Internal server error')
  const { code, class: errorClass, details } = thrown
  if (code === 'QUOTA_EXCEEDED') {
    const { metric, limit, used } = details
    return new Answer(429, { body: { error: 'quota_exceeded', metric, limit, used } })
  }
  if (code === 'RATE_LIMITED') {
    const { resetsInS } = details
    const headers = typeof resetsInS === 'number' ? { 'retry-after': String(resetsInS) } : {}
    return new Answer(429, { headers, body: { data: null, error: { code: 'rate_limited', message: thrown.message } } })
  }
  const status = BY_CODE[code] ?? BY_CLASS[errorClass]
  if (BRIEFLY.has(code)) return new Answer(status, { body: { error: thrown.message } })
  return refused(status, status === 500 ? 'Internal server error' : (MESSAGES[code] ?? messageOf(thrown)))
}

/** One sentence for each field that is wrong; a single sentence for everything else. */
function messageOf({ code, message, details }: MediaError): string | string[] {
  const { issues, field, reason } = details
  if (code !== 'INPUT_INVALID') return message
  // Not JSON at all: no field of it could be named.
  if (field === 'body') return sentence({ field, reason: String(reason) })
  if (Array.isArray(issues)) return (issues as Issue[]).map(sentence)
  return typeof field === 'string' ? [sentence({ field, reason: String(reason ?? 'is not valid') })] : message
}

function sentence({ field, reason }: Issue): string {
  return field === '' ? reason : `${field} ${reason}`
}

/** Bodies that are too long are told without the name of the status, as StreamHub does. */
function refused(status: number, message: string | string[], headers: Record<string, string> = {}): Answer {
  const error = status === 413 ? {} : { error: STATUS_CODES[status] }
  return new Answer(status, { headers, body: { message, ...error, statusCode: status } })
}
