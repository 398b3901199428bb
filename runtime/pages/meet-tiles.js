import { byId, element, icon } from './dom.js'

const RATIO = 16 / 9
const GAP_PX = 10
/** Narrower than this, a tile gets the small picture. */
const SMALL_PX = 330

/** One picture with a name: a person, or the screen that somebody shares. */
class Tile {
  name = element('span', { class: 'name' })
  video = /** @type {HTMLVideoElement} */ (element('video', { playsinline: '', autoplay: '', muted: '' }))
  audio = /** @type {HTMLAudioElement} */ (element('audio', { autoplay: '' }))
  #initials = element('span', { class: 'initials', 'aria-hidden': 'true' })
  /** @type {string | undefined} */
  trackId

  /** @param {string} id */
  constructor(id) {
    this.video.muted = true
    const mute = element('span', { class: 'muted', title: 'Muted' }, icon('mic-off'), element('span', { class: 'unseen' }, 'muted'))
    this.root = element('figure', { class: 'tile', 'data-id': id }, this.#initials, this.video, this.audio)
    this.root.append(element('figcaption', { class: 'plate' }, mute, this.name))
  }

  /** @param {string} name */
  call(name) {
    this.name.textContent = name
    const words = name.match(/(?<=^|\s)[\p{L}\p{N}]/gu) ?? []
    this.#initials.textContent = words.slice(0, 2).join('').toUpperCase()
  }

  /** @param {MediaStreamTrack | undefined} track @param {boolean} shown */
  show(track, shown) {
    attach(this.video, track)
    this.root.toggleAttribute('data-picture', track !== undefined && shown)
  }

  /** @param {MediaStreamTrack | undefined} track */
  hear(track) {
    attach(this.audio, track)
  }

  /** @param {string} name @param {boolean} on */
  mark(name, on) {
    this.root.toggleAttribute(`data-${name}`, on)
  }
}

/** @param {HTMLMediaElement} player @param {MediaStreamTrack | undefined} track */
function attach(player, track) {
  const stream = /** @type {MediaStream | null} */ (player.srcObject)
  if (stream?.getTracks()[0] === track) return
  player.srcObject = track ? new MediaStream([track]) : null
}

/** The tiles of everybody, as large as they fit. */
export class Tiles {
  /** @type {Map<string, Tile>} */
  #tiles = new Map()
  #people = byId('people', HTMLElement)
  #screens = byId('screens', HTMLElement)
  /** Called with a track and whether its tile is small, after each change of the layout. @type {(trackId: string, small: boolean) => void} */
  onSize = () => {}

  constructor() {
    new ResizeObserver(() => this.#layOut()).observe(this.#people)
  }

  /** How many people there are. */
  get count() {
    return this.#people.childElementCount
  }

  /** @param {string} id */
  nameOf(id) {
    return this.#tiles.get(id)?.name.textContent ?? 'Somebody'
  }

  /** The tile of a person, made when there is none yet. @param {string} id @param {string} [name] */
  person(id, name) {
    const tile = this.#tile(id, this.#people)
    if (name !== undefined) tile.call(name)
    return tile
  }

  /** The tile of somebody's screen. @param {string} id */
  screen(id) {
    const tile = this.#tile(`${id} screen`, this.#screens)
    tile.call(`${this.nameOf(id)}: screen`)
    return tile
  }

  /** @param {string} id */
  removeScreen(id) {
    this.#remove(`${id} screen`)
  }

  /** @param {string} id */
  removePerson(id) {
    this.removeScreen(id)
    this.#remove(id)
  }

  /** @param {Set<string>} ids */
  speak(ids) {
    for (const [id, tile] of this.#tiles) tile.mark('speaking', ids.has(id))
  }

  clear() {
    for (const id of [...this.#tiles.keys()]) this.#remove(id)
  }

  /** @param {string} id @param {HTMLElement} place */
  #tile(id, place) {
    let tile = this.#tiles.get(id)
    if (!tile) {
      tile = new Tile(id)
      this.#tiles.set(id, tile)
      place.append(tile.root)
      this.#layOut()
    }
    return tile
  }

  /** @param {string} id */
  #remove(id) {
    const tile = this.#tiles.get(id)
    if (!tile) return
    tile.show(undefined, false)
    tile.hear(undefined)
    tile.root.remove()
    this.#tiles.delete(id)
    this.#layOut()
  }

  /** As many columns as make the tiles largest. */
  #layOut() {
    this.#screens.hidden = this.#screens.childElementCount === 0
    const { clientWidth: width, clientHeight: height } = this.#people
    const count = Math.max(1, this.#people.childElementCount)
    const widthWith = (/** @type {number} */ columns) => {
      const rows = Math.ceil(count / columns)
      return Math.min((width - GAP_PX * (columns - 1)) / columns, ((height - GAP_PX * (rows - 1)) / rows) * RATIO)
    }
    const columns = Array.from({ length: count }, (_, index) => index + 1).reduce(
      (best, next) => (widthWith(next) > widthWith(best) ? next : best),
      1,
    )
    const tileWidth = Math.max(96, Math.floor(widthWith(columns)))
    this.#people.style.setProperty('--tile', `${tileWidth}px`)
    for (const tile of this.#tiles.values()) if (tile.trackId) this.onSize(tile.trackId, tile.root.clientWidth < SMALL_PX)
  }
}
