import { HttpError, request } from './http.js'
import { StillWatch } from './still-watch.js'

const LOOK_AGAIN_MS = 15_000
const RETRY_MS = 8_000
/** Within which a refusal comes, if one comes. */
const REFUSED_WITHIN_MS = 1_000

/**
 * The picture of a camera that sends JPEG: an image that never ends.
 *
 * Events: `presence` (`detail`: whether a camera sends), and while it is shown `state`, like a `Viewer`'s, with `still` where the
 * picture is the same for long.
 */
export class Camera extends EventTarget {
  /** Whether one sends, as far as is known. */
  present = false
  #path
  #image
  #tokenOf
  #shown = false
  #live = false
  #retry = 0
  #arrival = 0
  /** The last picture, as an object URL: what is seen until the next one. */
  #last = ''
  #still

  /** @param {{ app: string, room: string, image: HTMLImageElement, token: () => Promise<string | undefined> }} options */
  constructor({ app, room, image, token }) {
    super()
    this.#path = { app: encodeURIComponent(app), room: encodeURIComponent(room) }
    this.#image = image
    this.#tokenOf = token
    this.#still = new StillWatch(image, (still) => this.#onStill(still))
    image.addEventListener('load', () => this.#arrived())
    image.addEventListener('error', () => this.#broke())
  }

  /** Looks whether a camera sends now, and from time to time. */
  async follow() {
    setInterval(() => this.look(), LOOK_AGAIN_MS)
    await this.look()
  }

  /** Looks whether a camera sends, because something has changed. */
  async look() {
    const { app, room } = this.#path
    const present = await request(`/api/v1/apps/${app}/ws-ingest/live/${room}`)
      .then((response) => response.json())
      .then(({ data }) => data.active === true)
      // Whoever can not be asked has said nothing new.
      .catch((error) => (error.status === 404 ? false : this.present))
    if (present === this.present) return
    this.present = present
    this.#tell('presence', present)
  }

  show() {
    this.#shown = true
    this.#tell('state', { state: 'connecting' })
    this.#open()
  }

  /** Lets go of the picture. */
  stop() {
    this.#shown = false
    this.#live = false
    this.#settle()
    this.#still.stop()
    this.#image.removeAttribute('src')
    this.#image.style.backgroundImage = ''
    this.#image.hidden = true
  }

  /** Ends the present wait, if any. */
  retryNow() {
    if (this.#shown && !this.#live) this.#open()
  }

  /** An endless image shows a picture when the next one begins, which may be long: so the last one is shown behind it. */
  async #open() {
    this.#settle()
    const [known, url] = await Promise.all([this.#peek(), this.#url('mjpeg')])
    if (!this.#shown) return
    this.#image.src = url
    this.#image.hidden = false
    if (this.#live) return
    if (known) this.#arrival = setTimeout(() => this.#arrived(), REFUSED_WITHIN_MS)
    // A connection that says nothing is none.
    else this.#retry = setTimeout(() => this.#broke(), RETRY_MS)
  }

  /** Shows the last picture. @returns Whether there is one. */
  async #peek() {
    try {
      const response = await request(await this.#url('frame.jpg'))
      const last = URL.createObjectURL(await response.blob())
      URL.revokeObjectURL(this.#last)
      this.#last = last
      this.#image.style.backgroundImage = `url("${last}")`
      return true
    } catch {
      return false
    }
  }

  #settle() {
    clearTimeout(this.#retry)
    clearTimeout(this.#arrival)
  }

  /** @param {'mjpeg' | 'frame.jpg'} file */
  async #url(file) {
    const { app, room } = this.#path
    const token = await this.#tokenOf()
    // The same address again would be the same image to the browser.
    const query = new URLSearchParams({ at: String(Date.now()), ...(token !== undefined && { token }) })
    return `/live/${app}/${room}/${file}?${query}`
  }

  #arrived() {
    if (!this.#shown) return
    this.#settle()
    if (this.#live) return
    this.#live = true
    this.#still.start()
    this.#tell('state', { state: 'live' })
  }

  async #broke() {
    if (!this.#shown) return
    this.#settle()
    this.#live = false
    this.#still.stop()
    this.look()
    const error = await this.#refusal()
    if (!this.#shown) return
    const full = error?.status === 503
    this.#tell('state', { state: error?.wantsToken ? 'refused' : full ? 'waiting' : 'reconnecting', error })
    this.#retry = setTimeout(() => this.#open(), RETRY_MS)
  }

  /** Why there is no picture, which an image does not tell. */
  async #refusal() {
    const looked = new AbortController()
    try {
      await request(await this.#url('mjpeg'), { signal: looked.signal })
      return undefined
    } catch (error) {
      return error instanceof HttpError ? error : undefined
    } finally {
      looked.abort()
    }
  }

  /**
   * A picture that does not change is either that of a calm scene or one that no longer comes: opening it again tells, and in a calm
   * scene nobody sees it.
   *
   * @param {boolean} still
   */
  #onStill(still) {
    this.#tell('state', { state: 'live', still })
    if (!still) return
    this.look()
    this.#open()
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
