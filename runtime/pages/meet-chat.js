import { byId, element } from './dom.js'

const MOST_MESSAGES = 300
const LONGEST = 2_000

/** The chat beside the tiles. */
export class Chat {
  #panel = byId('chat', HTMLElement)
  #toggle = byId('chat-toggle', HTMLButtonElement)
  #log = byId('messages', HTMLElement)
  #field = byId('message', HTMLInputElement)
  #unread = 0

  /** @param {(text: string) => void} say Sends a message; throws when it can not. */
  constructor(say) {
    this.#toggle.addEventListener('click', () => this.#open(this.#panel.hidden === true))
    byId('chat-close', HTMLButtonElement).addEventListener('click', () => this.#open(false))
    byId('say', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      const text = this.#field.value.trim().slice(0, LONGEST)
      if (text === '') return
      try {
        say(text)
        this.#field.value = ''
        this.show('You', text, true)
      } catch {
        this.show('', 'The message could not be sent: the chat is not connected.')
      }
    })
  }

  /** @param {string} from Empty: the page itself. @param {string} text @param {boolean} [own] */
  show(from, text, own = false) {
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    const head = element('p', { class: 'from' }, from, ' ', element('time', { class: 'quiet' }, time))
    this.#log.append(element('li', own ? { class: 'own' } : {}, ...(from ? [head] : []), element('p', {}, text.slice(0, LONGEST))))
    while (this.#log.childElementCount > MOST_MESSAGES) this.#log.firstElementChild?.remove()
    this.#log.scrollTop = this.#log.scrollHeight
    if (this.#panel.hidden) this.#count(this.#unread + 1)
  }

  /** @param {boolean} open */
  #open(open) {
    this.#panel.hidden = !open
    this.#toggle.setAttribute('aria-expanded', String(open))
    this.#count(0)
    if (open) this.#field.focus()
    else this.#toggle.focus()
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread
    const badge = byId('unread', HTMLElement)
    badge.textContent = String(unread)
    badge.hidden = unread === 0
  }
}
