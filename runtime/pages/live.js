import { byId, enableCopying } from './dom.js'
import { HttpError } from './http.js'
import { RoomCards } from './room-cards.js'
import { readEvents } from './sse.js'
import { onToken, presentToken } from './token.js'
import { counted } from './words.js'

const RECONNECT_MS = [300, 1_000, 2_000, 5_000]
const RTMP_PORT = 1935

const root = document.documentElement
const connection = byId('connection', HTMLElement)
const how = byId('how', HTMLDetailsElement)
const cards = new RoomCards(byId('cards', HTMLUListElement))

enableCopying()
explain({})
onToken(byId('token', HTMLFormElement), () => follow())
follow()

/** Shows what is live, and goes on doing so, until a token is wanted. */
async function follow() {
  byId('refused', HTMLElement).hidden = true
  for (let failures = 0; ; failures++) {
    try {
      for await (const { event, data } of readEvents('/pages/live', { token: presentToken() })) {
        if (event !== 'live') continue
        failures = 0
        show(JSON.parse(data))
      }
    } catch (error) {
      if (error instanceof HttpError && error.wantsToken) return refuse(error)
    }
    say('connecting', 'Reconnecting')
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS[Math.min(failures, RECONNECT_MS.length - 1)]))
  }
}

/** @param {import('./room-cards.js').LiveNow} now */
function show({ server, rooms }) {
  say(rooms.length > 0 ? 'live' : 'empty', 'Connected')
  byId('version', HTMLElement).textContent = server.version ? `v${server.version}` : ''
  byId('count', HTMLElement).textContent = counted(rooms.length, 'room')
  byId('empty', HTMLElement).hidden = rooms.length > 0
  if (rooms.length === 0) how.open = true
  explain(server)
  cards.show(rooms)
}

/** @param {HttpError} error */
function refuse(error) {
  say('refused', 'Token wanted')
  cards.show([])
  byId('count', HTMLElement).textContent = ''
  byId('empty', HTMLElement).hidden = true
  byId('refused', HTMLElement).hidden = false
  if (presentToken()) byId('refusal', HTMLElement).textContent = `The token you gave was not accepted: ${error.message}`
  byId('token-field', HTMLInputElement).focus()
}

/** @param {string} state @param {string} words */
function say(state, words) {
  root.dataset.state = state
  connection.textContent = words
  connection.dataset.tone = state === 'live' || state === 'empty' ? 'good' : ''
}

/** Writes this server's own addresses into the examples. @param {{ rtmpPort?: number }} server */
function explain({ rtmpPort = RTMP_PORT }) {
  const rtmp = `rtmp://${location.hostname}${rtmpPort === RTMP_PORT ? '' : `:${rtmpPort}`}/live`
  write('obs-server', rtmp)
  write('whip', `${location.origin}/whip/live/demo`)
  write(
    'ffmpeg',
    [
      'ffmpeg \\',
      '  -re -f lavfi -i testsrc2=s=1280x720:r=30 \\',
      '  -re -f lavfi -i sine=f=440 \\',
      '  -c:v libx264 -preset veryfast \\',
      '  -tune zerolatency -pix_fmt yuv420p \\',
      '  -g 60 -b:v 2500k -c:a aac \\',
      `  -f flv ${rtmp}/demo`,
    ].join('\n'),
  )
}

/** @param {string} id @param {string} text */
function write(id, text) {
  byId(id, HTMLElement).textContent = text
}
