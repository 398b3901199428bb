import { request } from './http.js'

const LOOK_AGAIN_MS = 15_000
const RETRY_MS = 8_000

/**
 * The picture of a camera that sends JPEG: an image that never ends.
 *
 * Events: `presence` (`detail`: whether a camera sends), `state` like a `Viewer`'s.
 */
export class Camera extends EventTarget {
  /** Whether one sends, as far as is known. */
  present = false
  #path
  #image
  #token
  #retry = 0

  /** @param {{ app: string, room: string, image: HTMLImageElement, token: () => Promise<string | undefined> }} options */
  constructor({ app, room, image, token }) {
    super()
    this.#path = { app: encodeURIComponent(app), room: encodeURIComponent(room) }
    this.#image = image
    this.#token = token
    image.addEventListener('load', () => this.#tell('state', { state: 'live' }))
    image.addEventListener('error', () => this.#broke())
  }

  /** Looks whether a camera sends now, and from time to time. */
  async follow() {
    await this.#look()
    setInterval(() => this.#look(), LOOK_AGAIN_MS)
  }

  /** Lets go of the picture. */
  stop() {
    clearTimeout(this.#retry)
    this.#image.removeAttribute('src')
    this.#image.hidden = true
  }

  async show() {
    const { app, room } = this.#path
    const token = await this.#token()
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`
    this.#image.src = `/live/${app}/${room}/mjpeg${query}`
    this.#image.hidden = false
  }

  async #look() {
    const { app, room } = this.#path
    const present = await request(`/api/v1/apps/${app}/ws-ingest/live/${room}`)
      .then((response) => response.json())
      .then(({ data }) => data.active === true)
      // Whoever can not be asked has said nothing new.
      .catch((error) => (error.status === undefined ? this.present : false))
    if (present === this.present) return
    this.present = present
    this.#tell('presence', present)
  }

  #broke() {
    if (this.#image.hidden) return
    this.#tell('state', { state: 'reconnecting' })
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.show(), RETRY_MS)
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
