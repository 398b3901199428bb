import { element } from './dom.js'

/** What may be said by one tap. */
const OFFERED = { '❤️': 'Love', '👍': 'Like', '👏': 'Applause', '😂': 'Laughter', '🎉': 'Celebration' }
const MOST_FLOATING = 30
const FLOATS_MS = 3_000
/** Reactions may be any words; over a picture there is room for few. */
const LONGEST = 24

/** Reactions, which float over the picture and are gone. */
export class Reactions {
  #layer
  #buttons

  /**
   * @param {object} options
   * @param {HTMLElement} options.layer
   * @param {HTMLElement} options.buttons
   * @param {(reaction: string) => Promise<void>} options.say
   */
  constructor({ layer, buttons, say }) {
    this.#layer = layer
    this.#buttons = buttons
    for (const [reaction, name] of Object.entries(OFFERED)) {
      const button = element('button', { type: 'button', class: 'react', 'aria-label': name }, reaction)
      button.addEventListener('click', () => {
        // Too many, too fast: that one does not float is all there is to know.
        say(reaction).catch(() => {})
      })
      buttons.append(button)
    }
  }

  /** @param {{ has: boolean, mayTalk: boolean }} now Whether the app has reactions, and whether who watches may take part. */
  offer({ has, mayTalk }) {
    this.#buttons.hidden = !has || !mayTalk
    if (!has) this.#layer.replaceChildren()
  }

  /** @param {import('./room-link.js').RoomMessage} message */
  show({ reaction }) {
    if (reaction === null || this.#layer.childElementCount >= MOST_FLOATING || document.visibilityState !== 'visible') return
    const shown = element('span', { class: 'reaction' }, reaction.slice(0, LONGEST))
    shown.style.left = `${10 + Math.random() * 80}%`
    this.#layer.append(shown)
    setTimeout(() => shown.remove(), FLOATS_MS)
  }
}
