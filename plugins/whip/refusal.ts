import { MediaError } from '../../core/kernel/errors.ts'
import { httpError } from '../kit/http-errors.ts'

type Answered = { status: number; headers: Record<string, string>; body: string }

/** What HTTP itself refuses, before anything is asked of the core. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, sentence: string) {
    super(sentence)
    this.status = status
    this.code = code
  }
}

/** How anything that was thrown is told to a WHIP or WHEP client, where the drafts want another word than HTTP's usual one. */
export function refusalOf(thrown: unknown, retryAfterSeconds: number): Answered {
  if (thrown instanceof HttpRefusal) return answered(thrown.status, thrown.code, thrown.message)
  if (!(thrown instanceof MediaError)) return httpError(thrown)

  const again = { 'retry-after': String(retryAfterSeconds) }
  const { code, message } = thrown
  switch (code) {
    case 'NOTHING_LIVE':
    case 'IDENTITY_TAKEN':
      return answered(409, code, message, again)
    case 'VIEWER_LIMIT':
      return answered(503, code, message, again)
    case 'SESSION_CHANGED':
      return answered(412, code, message, { etag: `"${String(thrown.details.tag)}"` })
    // Whoever shows neither a key nor a credential is to present one.
    case 'STREAM_KEY_UNKNOWN':
      return answered(401, code, message, { 'www-authenticate': 'Bearer' })
    default:
      return httpError(thrown)
  }
}

function answered(status: number, code: string, error: string, headers: Record<string, string> = {}): Answered {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify({ error, code }) }
}
