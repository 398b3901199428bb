import { HttpError, request } from './http.js'
import { exchange, release } from './sdp-exchange.js'
import { readEvents } from './sse.js'

const EVENTS = 'urn:ietf:params:whep:ext:core:server-sent-events'
const LAYERS = 'urn:ietf:params:whep:ext:core:layer'
const WANTED = ['active', 'inactive', 'layers', 'ended']

/**
 * One WHEP session: audio and video of a room over one WebRTC connection. It knows no UI and never reconnects by itself.
 *
 * @example
 * const session = await WhepSession.open({ url: '/whep/live/demo' })
 * video.srcObject = session.stream
 */
export class WhepSession {
  /** Both tracks, in one stream so that the browser keeps lips and voice together. */
  stream = new MediaStream()
  /** @type {string | undefined} */
  #resource
  /** @type {Awaited<ReturnType<typeof exchange>>['links']} */
  #links = []
  #tokenOf
  /** The one presented last, for the end, when there is no time to ask. @type {string | undefined} */
  #token
  #gone = new AbortController()

  /**
   * @param {{ url: string, token?: () => Promise<string | undefined>, soundOnly?: boolean, signal?: AbortSignal | undefined }} options
   *   `token`: asked for each request, as a session may outlive one.
   * @throws {HttpError} when the server refuses.
   */
  static async open({ url, token = async () => undefined, soundOnly = false, signal }) {
    const session = new WhepSession(token, soundOnly ? ['audio'] : ['audio', 'video'])
    try {
      const { resource, links } = await exchange(session.pc, { url, token: await session.#present(), signal, stereo: true })
      session.#resource = resource
      session.#links = links
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  /** @param {() => Promise<string | undefined>} tokenOf @param {string[]} kinds */
  constructor(tokenOf, kinds) {
    this.#tokenOf = tokenOf
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    for (const kind of kinds) this.pc.addTransceiver(kind, { direction: 'recvonly' })
    this.pc.addEventListener('track', ({ track }) => this.stream.addTrack(track))
  }

  get closed() {
    return this.#gone.signal.aborted
  }

  /** Whether the server tells what happens to the stream. */
  get tellsEvents() {
    return this.#link(EVENTS) !== undefined
  }

  /** Whether one of several qualities can be chosen; which ones there are, the event `layers` says. */
  get choosesLayers() {
    return this.#link(LAYERS) !== undefined
  }

  /**
   * What the server says about the stream: `active`, `inactive`, `layers`, `ended`. Ends with the session.
   *
   * @returns {AsyncGenerator<{ event: string, data: string }>}
   */
  async *events() {
    const link = this.#link(EVENTS)
    if (link === undefined) return
    const stream = (await this.#subscribe(link)) ?? link
    yield* readEvents(stream, { token: await this.#present(), signal: this.#gone.signal })
  }

  /**
   * Asks for one quality.
   *
   * @param {{ mediaId: string, encodingId?: string, spatialLayerId?: number, temporalLayerId?: number } | undefined} layer
   *   Absent: the server chooses what the connection can carry.
   */
  async chooseLayer(layer) {
    const url = this.#link(LAYERS)
    if (url === undefined) return
    await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(layer ?? {}),
      token: await this.#present(),
    })
  }

  /** Ends the session here and on the server. Calling it again does nothing. */
  close() {
    if (this.closed) return
    this.#gone.abort()
    this.pc.close()
    release(this.#resource, this.#token)
  }

  /**
   * Creates an event stream where the server wants that first; otherwise the link is the stream.
   *
   * @param {string} link
   * @returns {Promise<string | undefined>}
   */
  async #subscribe(link) {
    try {
      const response = await request(link, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(WANTED),
        token: await this.#present(),
        signal: this.#gone.signal,
      })
      const location = response.headers.get('location')
      await response.body?.cancel()
      return location === null ? undefined : new URL(location, response.url).href
    } catch (error) {
      if (error instanceof HttpError && (error.status === 404 || error.status === 405)) return undefined
      throw error
    }
  }

  async #present() {
    this.#token = await this.#tokenOf()
    return this.#token
  }

  /** @param {string} rel */
  #link(rel) {
    return this.#links.find(({ parameters }) => parameters.rel === rel)?.url
  }
}
