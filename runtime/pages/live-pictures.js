import { request } from './http.js'
import { presentToken } from './token.js'

const REFRESH_MS = 10_000

/** Keeps small pictures of rooms fresh: only those on screen, and only while somebody looks at the page. */
export class LivePictures {
  /** @type {Map<Element, { url: string, onScreen: boolean, loading: boolean, freshUntil: number, shown?: string }>} */
  #pictures = new Map()
  #observer = new IntersectionObserver((entries) => this.#onSeen(entries))

  constructor() {
    setInterval(() => this.#refresh(), 1_000)
    document.addEventListener('visibilitychange', () => this.#refresh())
  }

  /** @param {Element} frame @param {string} url */
  watch(frame, url) {
    this.#pictures.set(frame, { url, onScreen: false, loading: false, freshUntil: 0 })
    this.#observer.observe(frame)
  }

  /** @param {Element | null} frame */
  unwatch(frame) {
    if (!frame) return
    this.#observer.unobserve(frame)
    const picture = this.#pictures.get(frame)
    if (picture?.shown) URL.revokeObjectURL(picture.shown)
    this.#pictures.delete(frame)
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #onSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const picture = this.#pictures.get(target)
      if (picture) picture.onScreen = isIntersecting
    }
    this.#refresh()
  }

  #refresh() {
    if (document.visibilityState !== 'visible') return
    for (const [frame, picture] of this.#pictures) {
      if (picture.onScreen && !picture.loading && performance.now() > picture.freshUntil) this.#load(frame)
    }
  }

  /** @param {Element} frame */
  async #load(frame) {
    const picture = this.#pictures.get(frame)
    if (!picture) return
    picture.loading = true
    try {
      const response = await request(picture.url, { token: presentToken() })
      const url = URL.createObjectURL(await response.blob())
      const image = new Image()
      image.alt = ''
      image.src = url
      // Decoded before it replaces the old one, so that the card never blinks.
      await image.decode()
      frame.querySelector('img')?.remove()
      frame.prepend(image)
      if (picture.shown) URL.revokeObjectURL(picture.shown)
      picture.shown = url
    } catch {
      // The last picture stays; rooms with no video have none.
    } finally {
      picture.loading = false
      picture.freshUntil = performance.now() + REFRESH_MS
    }
  }
}
