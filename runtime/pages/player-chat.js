import { byId, element } from './dom.js'

const MOST_MESSAGES = 200
const LONGEST = 4_000

/** The chat beside the picture. What is said is text and nothing else. */
export class PlayerChat {
  #panel = byId('chat', HTMLElement)
  #toggle = byId('chat-toggle', HTMLButtonElement)
  #log = byId('messages', HTMLElement)
  #form = byId('say', HTMLFormElement)
  #field = byId('message', HTMLInputElement)
  #refusal = byId('say-refusal', HTMLElement)
  #open
  #unread = 0

  /**
   * @param {object} options
   * @param {(message: string) => Promise<void>} options.say Throws the server's words when it refuses.
   * @param {boolean} options.open Whether it is open from the beginning.
   */
  constructor({ say, open }) {
    this.#open = open
    this.#field.maxLength = LONGEST
    this.#toggle.addEventListener('click', () => this.#turn(!this.#open))
    byId('chat-close', HTMLButtonElement).addEventListener('click', () => this.#turn(false))
    this.#form.addEventListener('submit', async (event) => {
      event.preventDefault()
      const message = this.#field.value.trim()
      if (message === '') return
      this.#field.value = ''
      this.#refusal.textContent = ''
      try {
        await say(message)
      } catch (error) {
        // Whatever was typed meanwhile comes first.
        this.#field.value ||= message
        this.#refusal.textContent = error instanceof Error ? error.message : String(error)
      }
    })
  }

  /** @param {{ has: boolean, mayTalk: boolean }} now Whether the app has a chat, and whether who watches may take part. */
  offer({ has, mayTalk }) {
    this.#toggle.hidden = !has
    this.#panel.hidden = !has || !this.#open
    this.#form.hidden = !mayTalk
    if (!has) this.#log.replaceChildren()
  }

  /** @param {import('./room-link.js').RoomMessage} message */
  show({ from, message, at }) {
    if (message === null) return
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60
    const time = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    const head = element('p', { class: 'from' }, from, ' ', element('time', { class: 'quiet', datetime: at }, time))
    this.#log.append(element('li', {}, head, element('p', {}, message.slice(0, LONGEST))))
    while (this.#log.childElementCount > MOST_MESSAGES) this.#log.firstElementChild?.remove()
    // Whoever reads further up is left there.
    if (isAtEnd) this.#log.scrollTop = this.#log.scrollHeight
    if (this.#panel.hidden) this.#count(this.#unread + 1)
  }

  /** @param {boolean} open */
  #turn(open) {
    this.#open = open
    this.#panel.hidden = !open
    this.#toggle.setAttribute('aria-expanded', String(open))
    this.#count(0)
    if (!open) this.#toggle.focus()
    else if (!this.#form.hidden) this.#field.focus()
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread
    const badge = byId('unread', HTMLElement)
    badge.textContent = unread > 99 ? '99+' : String(unread)
    badge.hidden = unread === 0
  }
}
