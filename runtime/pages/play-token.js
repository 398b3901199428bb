import { HttpError, request } from './http.js'
import { presentToken } from './token.js'

const RENEW_BEFORE_MS = 60_000
/** If the next one is refused as soon, none is going to be taken. */
const FORGET_AGAIN_MS = 5_000

/** What this page presents: the token of whoever opened it, else one that the server gives to everybody. */
export class PlayToken {
  /** Nobody without a token of their own may watch here. */
  switchedOff = false
  #url
  /** @type {{ token: string, endsAt: number } | undefined} */
  #given
  #forgotAt = Number.NEGATIVE_INFINITY

  /** @param {{ app: string, room: string, listen?: boolean }} options `listen`: for the sound alone. */
  constructor({ app, room, listen = false }) {
    const [ofApp, ofRoom] = [`/api/v1/apps/${encodeURIComponent(app)}`, encodeURIComponent(room)]
    this.#url = listen ? `${ofApp}/radio/${ofRoom}/listen-token` : `${ofApp}/play-token/${ofRoom}`
  }

  /** @returns {Promise<string | undefined>} One that is valid for a while yet. */
  async get() {
    const own = presentToken()
    if (own !== undefined) return own
    const now = Date.now()
    if (this.#given && this.#given.endsAt > now + RENEW_BEFORE_MS) return this.#given.token
    try {
      const { data } = await (await request(this.#url)).json()
      this.#given = { token: data.token, endsAt: now + lifeMsOf(data.token) }
      this.switchedOff = false
      return data.token
    } catch (error) {
      this.switchedOff = error instanceof HttpError && error.status === 404
      return undefined
    }
  }

  /**
   * Forgets a token that the server gave and no longer takes.
   *
   * @returns Whether another one may help.
   */
  forget() {
    const now = performance.now()
    if (!this.#given || now - this.#forgotAt < FORGET_AGAIN_MS) return false
    this.#given = undefined
    this.#forgotAt = now
    return true
  }
}

/** How long a JWT is valid: counted from its own beginning, as the clock of this machine may be wrong. @param {string} token */
function lifeMsOf(token) {
  const claims = token.split('.')[1] ?? ''
  const { nbf = 0, exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
  return (exp - nbf) * 1_000
}
