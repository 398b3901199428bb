import { HttpError } from './http.js'
import { watchSession } from './session-watch.js'
import { WhepSession } from './whep.js'

/** Milliseconds before each attempt after a failure; the last one repeats. */
const BACKOFF_MS = [200, 500, 1_000, 2_000]
const NOTHING_LIVE_RETRY_MS = 1_000
const ROOM_FULL_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 10_000

/**
 * `connecting` for the first time; `waiting` for somebody to publish; `live`; `reconnecting` after it was live;
 * `ended` by its publisher, waiting for the next; `refused` until there is another token; `failed` for good.
 *
 * @typedef {'connecting' | 'waiting' | 'live' | 'reconnecting' | 'ended' | 'refused' | 'failed'} ViewerState
 */

/**
 * Keeps a room playing: replaces its WHEP session whenever one ends, breaks or falls silent, and waits while nothing is live.
 *
 * Events: `state` (with `detail.error`, what the server refused), `stream` (a new `MediaStream`), `replacing` (the present stream is about
 * to go), `figures`, `layers`. Of `live`, `detail.soundOnly` says whether there is no picture.
 */
export class Viewer extends EventTarget {
  /** @type {ViewerState} */
  state = 'connecting'
  /** @type {WhepSession | undefined} */
  session
  #url
  #tokenOf
  #soundOnly
  #wasLive = false
  #failures = 0
  #stopped = new AbortController()
  #wake = () => {}

  /** @param {{ url: string, token: () => Promise<string | undefined>, soundOnly: boolean }} options `token`: what to present. */
  constructor({ url, token, soundOnly }) {
    super()
    this.#url = url
    this.#tokenOf = token
    this.#soundOnly = soundOnly
  }

  /** @param {{ wasLive?: boolean }} [options] `wasLive`: the room was playing in another way until now. */
  start({ wasLive = false } = {}) {
    this.#stopped = new AbortController()
    this.#wasLive = wasLive
    this.#failures = 0
    this.#enter(wasLive ? 'reconnecting' : 'connecting')
    this.#run(this.#stopped.signal)
  }

  /** Ends until it is started again. Works while the page is being left, too. */
  stop() {
    this.#stopped.abort()
    this.session?.close()
    this.#wake()
  }

  /** Ends the present wait, if any. */
  retryNow() {
    this.#wake()
  }

  /** Tries again, because there is another token. */
  tokenChanged() {
    this.#enter(this.#wasLive ? 'reconnecting' : 'connecting')
    this.#wake()
  }

  /** @param {AbortSignal} signal */
  async #run(signal) {
    while (!signal.aborted) {
      let pauseMs
      try {
        const session = await WhepSession.open({ url: this.#url, token: this.#tokenOf, soundOnly: this.#soundOnly, signal })
        if (signal.aborted) return session.close()
        this.session = session
        this.#tell('stream', session.stream)
        await this.#watch(session, signal)
        if (signal.aborted) return
        this.#enter(this.#wasLive ? 'reconnecting' : 'connecting')
        pauseMs = this.#failures === 0 ? 0 : this.#backoff()
        this.#failures++
      } catch (error) {
        if (signal.aborted) return
        pauseMs = this.#afterRefusal(error)
      }
      await this.#sleep(pauseMs, signal)
    }
  }

  /** @param {WhepSession} session @param {AbortSignal} signal */
  async #watch(session, signal) {
    try {
      return await watchSession(session, {
        onEvent: (event, data) => signal.aborted || this.#onEvent(event, data),
        onLive: (soundOnly) => {
          if (signal.aborted) return
          this.#wasLive = true
          this.#failures = 0
          this.#enter('live', { soundOnly })
        },
        onFigures: (figures) => signal.aborted || this.#tell('figures', figures),
      })
    } finally {
      if (!signal.aborted) this.#tell('replacing')
      session.close()
    }
  }

  /** @param {string} event @param {unknown} data */
  #onEvent(event, data) {
    if (event === 'inactive') this.#enter(this.#wasLive ? 'ended' : 'waiting')
    else if (event === 'active' && (this.state === 'ended' || this.state === 'waiting'))
      this.#enter(this.#wasLive ? 'reconnecting' : 'connecting')
    else if (event === 'layers') this.#tell(event, data)
  }

  /**
   * @param {unknown} error
   * @returns {number} Milliseconds until the next attempt.
   */
  #afterRefusal(error) {
    if (!(error instanceof HttpError)) {
      this.#enter(this.#wasLive ? 'reconnecting' : 'connecting', { error })
      return this.#backoff(this.#failures++)
    }
    const { status, code, retryAfterMs } = error
    if (error.wantsToken) {
      this.#enter('refused', { error })
      return Number.POSITIVE_INFINITY
    }
    const full = code === 'VIEWER_LIMIT'
    if (code !== 'APP_NOT_FOUND' && (status === 404 || status === 409 || full)) {
      this.#failures = 0
      this.#enter(this.#wasLive ? 'ended' : 'waiting', { error })
      return Math.min(retryAfterMs ?? (full ? ROOM_FULL_RETRY_MS : NOTHING_LIVE_RETRY_MS), LONGEST_RETRY_MS)
    }
    if (status < 500 && status !== 429) {
      this.#enter('failed', { error })
      return Number.POSITIVE_INFINITY
    }
    this.#enter(this.#wasLive ? 'reconnecting' : 'connecting', { error })
    return Math.min(retryAfterMs ?? this.#backoff(this.#failures++), LONGEST_RETRY_MS)
  }

  /** Spread out, so that the viewers of a server that was away do not all come back at once. */
  #backoff(failures = this.#failures) {
    const ms = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0
    return ms * (0.75 + Math.random() * 0.25)
  }

  /** @param {number} ms @param {AbortSignal} signal */
  #sleep(ms, signal) {
    return new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(() => this.#wake(), ms) : 0
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve(undefined)
      }
      if (signal.aborted) this.#wake()
    })
  }

  /** @param {ViewerState} state @param {{ error?: unknown, soundOnly?: boolean }} [detail] */
  #enter(state, detail) {
    this.state = state
    this.#tell('state', { state, ...detail })
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
