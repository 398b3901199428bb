import { HttpError, request } from './http.js'
import { presentToken } from './token.js'

/** Seconds before its end at which a token is replaced. */
const RENEW_BEFORE_S = 60

/** What this page presents: the token of whoever opened it, else one that the server gives to everybody. */
export class PlayToken {
  /** Nobody without a token of their own may watch here. */
  switchedOff = false
  #url
  /** @type {{ token: string, endsAt: number } | undefined} */
  #given

  /** @param {string} app @param {string} room */
  constructor(app, room) {
    this.#url = `/api/v1/apps/${encodeURIComponent(app)}/play-token/${encodeURIComponent(room)}`
  }

  /** @returns {Promise<string | undefined>} */
  async get() {
    const own = presentToken()
    if (own !== undefined) return own
    if (this.#given && this.#given.endsAt > Date.now() / 1000 + RENEW_BEFORE_S) return this.#given.token
    try {
      const { data } = await (await request(this.#url)).json()
      this.#given = { token: data.token, endsAt: endOf(data.token) }
      this.switchedOff = false
      return data.token
    } catch (error) {
      this.switchedOff = error instanceof HttpError && error.status === 404
      return undefined
    }
  }
}

/** The `exp` of a JWT, in seconds. @param {string} token */
function endOf(token) {
  const claims = token.split('.')[1] ?? ''
  return Number(JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).exp)
}
