import { byId, element } from './dom.js'
import { bitrate, codecName, rounded } from './words.js'

const ROWS = [
  'Video',
  'Audio',
  'Size',
  'Frame rate',
  'Bitrate',
  'Round trip',
  'Jitter',
  'Buffer',
  'Packets lost',
  'Frames dropped',
  'Freezes',
  'Audio made up',
]
const CURVE_SECONDS = 60
const CURVE_HEIGHT = 20

/** The drawer with the numbers of the connection. */
export class FiguresPanel {
  #panel = byId('figures', HTMLElement)
  #toggle = byId('figures-toggle', HTMLButtonElement)
  #list = byId('figures-list', HTMLElement)
  #curve = document.querySelector('#curve polyline')
  /** @type {number[]} */
  #bitrates = []
  /** @type {Map<string, HTMLElement>} */
  #values = new Map()

  constructor() {
    for (const name of ROWS) this.#write(name, '–')
    this.#toggle.addEventListener('click', () => this.#open(this.#panel.hidden !== false))
    byId('figures-close', HTMLButtonElement).addEventListener('click', () => this.#open(false))
  }

  /** @param {import('./figures.js').Figures} figures */
  show(figures) {
    const { widthPx, heightPx, videoCodec, audioCodec } = figures
    this.#draw(figures.bitrateBps)
    this.#write('Video', videoCodec ? codecName(videoCodec) : '–')
    this.#write('Audio', audioCodec ? codecName(audioCodec) : '–')
    this.#write('Size', widthPx && heightPx ? `${widthPx}×${heightPx}` : '–')
    this.#write('Frame rate', rounded(figures.framesPerSecond, 'fps'))
    this.#write('Bitrate', bitrate(figures.bitrateBps))
    this.#write('Round trip', rounded(figures.roundTripMs, 'ms'))
    this.#write('Jitter', rounded(figures.jitterMs, 'ms', 1))
    this.#write('Buffer', rounded(figures.bufferedMs, 'ms'))
    this.#write('Packets lost', `${figures.packetsLost} (${rounded(figures.lossPercent ?? 0, '%', 1)})`)
    this.#write('Frames dropped', String(figures.framesDropped))
    this.#write('Freezes', String(figures.freezes))
    this.#write('Audio made up', rounded(figures.concealedPercent, '%', 1))
  }

  /** Nothing flows at the moment. */
  pause() {
    if (this.#bitrates.length > 0) this.#draw(0)
  }

  /** @param {boolean} open */
  #open(open) {
    this.#panel.hidden = !open
    this.#toggle.setAttribute('aria-expanded', String(open))
    if (!open) this.#toggle.focus()
  }

  /** @param {number} bps */
  #draw(bps) {
    this.#bitrates = [...this.#bitrates, bps].slice(-CURVE_SECONDS)
    const most = Math.max(...this.#bitrates, 1)
    const from = CURVE_SECONDS - this.#bitrates.length
    const points = this.#bitrates.map((value, index) => `${from + index},${(CURVE_HEIGHT * (1 - (value / most) * 0.85)).toFixed(2)}`)
    this.#curve?.setAttribute('points', points.join(' '))
  }

  /** @param {string} name @param {string} value */
  #write(name, value) {
    let shown = this.#values.get(name)
    if (!shown) {
      shown = element('dd')
      this.#list.append(element('dt', {}, name), shown)
      this.#values.set(name, shown)
    }
    shown.textContent = value
  }
}
