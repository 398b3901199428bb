import { type ErrorClass, type ErrorCode, MediaError } from '../../../core/kernel/errors.ts'
import { Answer, HttpRefusal } from '../answer.ts'

/** Seconds after which somebody who came too early, or found us busy, may try again. */
const RETRY_AFTER_S = '2'

/** Sentences of go-live's document, and in their manner those it has none for. */
const WORDS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not found',
  405: 'method not allowed',
  409: 'conflict',
  412: 'the session has changed',
  413: 'request body too large',
  415: 'unsupported media type',
  422: 'unsupported SDP',
  428: 'If-Match is required',
  429: 'too many requests',
  500: 'internal server error',
  503: 'service unavailable',
}

const BY_CODE: { readonly [Code in ErrorCode]?: readonly [status: number, words: string] } = {
  ROOM_NAME_INVALID: [400, 'invalid room name'],
  SDP_INVALID: [400, 'invalid SDP'],
  // Whoever may not do something here is a stranger to this room, whatever else it may do.
  FORBIDDEN: [401, 'unauthorized'],
  STREAM_KEY_UNKNOWN: [401, 'unauthorized'],
  VIEWER_LIMIT: [403, 'subscriber limit reached'],
  NOTHING_LIVE: [404, 'no active publisher in room'],
  ROOM_NOT_FOUND: [404, 'room not found'],
  SESSION_NOT_FOUND: [404, 'session not found'],
  IDENTITY_TAKEN: [409, 'publisher already exists in this room'],
  SESSION_CHANGED: [412, 'the session has changed'],
}

const BY_CLASS: Readonly<Record<ErrorClass, number>> = {
  unauthenticated: 401,
  forbidden: 401,
  invalid: 400,
  missing: 404,
  conflict: 409,
  unprocessable: 422,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
}

/** Codes whose reason helps the client and tells nothing about the server. */
const EXPLAINED: ReadonlySet<ErrorCode> = new Set(['SDP_INVALID', 'SDP_REFUSED'])

/** Anything that was thrown, as `{"error": …}`. */
export function refusal(thrown: unknown): Answer {
  if (thrown instanceof HttpRefusal) return refused(thrown.status, thrown.headers)
  if (!(thrown instanceof MediaError)) return refused(500)

  const { code, class: errorClass, details } = thrown
  if (code === 'INPUT_INVALID' && details.field === 'room') return refusal(new MediaError('ROOM_NAME_INVALID'))
  const [status, words] = BY_CODE[code] ?? [BY_CLASS[errorClass]]
  const headers = {
    ...((status === 503 || code === 'NOTHING_LIVE') && { 'retry-after': RETRY_AFTER_S }),
    ...(code === 'SESSION_CHANGED' && { etag: `"${String(details.tag)}"` }),
  }
  const detail = EXPLAINED.has(code) && typeof details.reason === 'string' ? details.reason : undefined
  return refused(status, headers, words, detail)
}

function refused(status: number, headers: Record<string, string> = {}, words = WORDS[status], detail?: string): Answer {
  return new Answer(status, {
    headers: { ...(status === 401 && { 'www-authenticate': 'Bearer' }), ...headers },
    body: { error: words, ...(detail !== undefined && { detail }) },
  })
}
