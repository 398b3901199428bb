/** A request that the server refused, in the server's words. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{ code?: string, retryAfterMs?: number }} [details]
   */
  constructor(status, message, { code, retryAfterMs } = {}) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    /** Milliseconds that the server asks to wait. */
    this.retryAfterMs = retryAfterMs
  }

  /** Whether another token may help. */
  get wantsToken() {
    return this.status === 401 || this.status === 403
  }
}

/**
 * `fetch` that presents a token and throws what the server refuses.
 *
 * @param {string | URL} url
 * @param {RequestInit & { token?: string | undefined }} [options]
 * @throws {HttpError} for every status but 2xx.
 */
export async function request(url, { token, headers, ...init } = {}) {
  const all = new Headers(headers)
  if (token) all.set('authorization', `Bearer ${token}`)
  const response = await fetch(url, { ...init, headers: all })
  if (response.ok) return response
  throw await refusal(response)
}

/** @param {Response} response */
async function refusal(response) {
  const text = await response.text().catch(() => '')
  const { error, code } = parsed(text)
  const seconds = Number.parseFloat(response.headers.get('retry-after') ?? '')
  return new HttpError(response.status, error ?? `The server answered ${response.status}.`, {
    ...(code !== undefined && { code }),
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
  })
}

/**
 * The server's words, in whichever of its dialects: `error` is a sentence, or holds one as `message`.
 *
 * @param {string} text
 * @returns {{ error?: string, code?: string }}
 */
function parsed(text) {
  try {
    const { error, code } = JSON.parse(text) ?? {}
    return typeof error === 'object' && error !== null ? { error: error.message, code: error.code } : { error, code }
  } catch {
    return {}
  }
}
