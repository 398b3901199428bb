import { element, icon } from './dom.js'
import { LivePictures } from './live-pictures.js'
import { codecName, counted, duration, publisherName } from './words.js'

/**
 * What the server tells about itself and its rooms.
 *
 * @typedef {object} LiveRoom
 * @property {string} app
 * @property {string} room Its name within the app.
 * @property {string} name Its name on the server.
 * @property {{ identity: string, kind: string }[]} publishers
 * @property {{ kind: 'audio' | 'video', codec: string, widthPx?: number | null, heightPx?: number | null }[]} tracks
 * @property {number} viewers
 * @property {string} openedAt
 * @property {string} picture
 *
 * @typedef {{ server: { version?: string, rtmpPort?: number }, rooms: LiveRoom[] }} LiveNow
 */

/** The cards of the rooms that are live. A card stays the same element as long as its room does, so nothing jumps or loses focus. */
export class RoomCards {
  #list
  #pictures = new LivePictures()
  /** @type {Map<string, { item: HTMLElement, about: HTMLElement, room: LiveRoom }>} */
  #cards = new Map()

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list
    setInterval(() => this.#describeAll(), 30_000)
  }

  /** @param {LiveRoom[]} rooms */
  show(rooms) {
    const gone = new Set(this.#cards.keys())
    for (const room of rooms) {
      gone.delete(room.name)
      const card = this.#cards.get(room.name) ?? this.#open(room)
      card.room = room
      describe(card)
    }
    for (const name of gone) this.#close(name)
  }

  /** @param {LiveRoom} room */
  #open(room) {
    const about = element('div', { class: 'about' })
    const picture = element('div', { class: 'picture' }, icon('camera'), element('span', { class: 'badge' }, 'LIVE'))
    const item = element('li', { class: 'card' }, picture, about)
    const card = { item, about, room }
    this.#cards.set(room.name, card)
    this.#list.append(item)
    this.#pictures.watch(picture, room.picture)
    return card
  }

  /** @param {string} name */
  #close(name) {
    const item = this.#cards.get(name)?.item
    this.#cards.delete(name)
    if (!item) return
    this.#pictures.unwatch(item.querySelector('.picture'))
    item.remove()
  }

  #describeAll() {
    for (const card of this.#cards.values()) describe(card)
  }
}

/** @param {{ about: HTMLElement, room: LiveRoom }} card */
function describe({ about, room }) {
  const href = `/play/${encodeURIComponent(room.app)}/${encodeURIComponent(room.room)}`
  let link = about.querySelector('a')
  if (!link) {
    link = /** @type {HTMLAnchorElement} */ (element('a', { href }, element('span', { class: 'quiet' }, `${room.app} / `), room.room))
    about.append(element('h2', {}, link), element('p', { class: 'facts' }), element('p', { class: 'facts' }))
  }
  const [formats, people] = about.querySelectorAll('.facts')
  formats?.replaceChildren(element('span', {}, formatsOf(room)))
  people?.replaceChildren(
    element('span', {}, icon('eye'), counted(room.viewers, 'viewer')),
    element('span', {}, icon('clock'), duration(Date.now() - Date.parse(room.openedAt))),
  )
}

/** @param {LiveRoom} room */
function formatsOf({ tracks, publishers }) {
  const pictureFirst = [...tracks].sort((a, b) => b.kind.localeCompare(a.kind))
  const words = pictureFirst.map(({ kind, codec, widthPx, heightPx }) =>
    kind === 'video' && widthPx && heightPx ? `${codecName(codec)} ${widthPx}×${heightPx}` : codecName(codec),
  )
  const kinds = [...new Set(publishers.map(({ kind }) => publisherName(kind)))]
  return [...words, ...(kinds.length > 0 ? [`via ${kinds.join(', ')}`] : [])].join(' · ')
}
