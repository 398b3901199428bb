import { byId } from './dom.js'
import { PlayerChat } from './player-chat.js'
import { Reactions } from './player-reactions.js'
import { counted } from './words.js'

/**
 * Shows who else watches, what they say and how they react: as far as the app has that.
 *
 * @param {import('./room-link.js').RoomLink} link
 * @param {{ chatOpen: boolean }} options
 */
export function showAudience(link, { chatOpen }) {
  const chat = new PlayerChat({ open: chatOpen, say: (message) => link.say({ message }) })
  const reactions = new Reactions({
    layer: byId('reactions', HTMLElement),
    buttons: byId('react', HTMLElement),
    say: (reaction) => link.say({ reaction }),
  })
  byId('chat-toggle', HTMLButtonElement).setAttribute('aria-expanded', String(chatOpen))

  link.addEventListener('player', (event) => {
    const player = /** @type {import('./room-link.js').Player} */ (/** @type {CustomEvent} */ (event).detail)
    const count = byId('viewers', HTMLElement)
    count.hidden = player.viewers === null
    byId('viewers-count', HTMLElement).textContent = counted(player.viewers ?? 0, 'viewer')
    chat.offer({ has: player.chat, mayTalk: player.mayTalk })
    reactions.offer({ has: player.reactions, mayTalk: player.mayTalk })
  })

  link.addEventListener('message', (event) => {
    const message = /** @type {import('./room-link.js').RoomMessage} */ (/** @type {CustomEvent} */ (event).detail)
    if (message.topic === 'chat') chat.show(message)
    if (message.topic === 'reaction') reactions.show(message)
  })
}
