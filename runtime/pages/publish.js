import { byId } from './dom.js'
import { HttpError } from './http.js'
import { untilLost } from './publisher-watch.js'
import { onToken, presentToken } from './token.js'
import { WhipSession } from './whip.js'

const RETRY_MS = 1_000
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } }

// `/publish/live/demo`, or `?app=live&room=demo`.
const [, , pathApp = '', pathRoom = ''] = location.pathname.split('/').map(decodeURIComponent)
const asked = new URLSearchParams(location.search)
const app = asked.get('app') ?? pathApp
const room = asked.get('room') ?? pathRoom
const place = `${encodeURIComponent(app)}/${encodeURIComponent(room)}`
const root = document.documentElement
const video = byId('video', HTMLVideoElement)
const pill = byId('pill', HTMLElement)
const tokenForm = byId('token', HTMLFormElement)

/** @type {MediaStream | undefined} */
let stream
/** @type {WhipSession | undefined} */
let session

document.title = `Publish ${app} / ${room} · Patchbay`
byId('room', HTMLElement).textContent = `${app} / ${room}`
byId('watch', HTMLAnchorElement).href = `/play/${place}`
byId('camera', HTMLButtonElement).addEventListener('click', () =>
  capture(() => navigator.mediaDevices.getUserMedia({ audio: AUDIO, video: VIDEO })),
)
byId('screen', HTMLButtonElement).addEventListener('click', () =>
  capture(() => navigator.mediaDevices.getDisplayMedia({ audio: true, video: { frameRate: { ideal: 30 } } })),
)
byId('stop', HTMLButtonElement).addEventListener('click', () => stop())
onToken(tokenForm, () => publish())
window.addEventListener('pagehide', () => session?.close())

// Browsers have cameras on https and localhost only.
if (!navigator.mediaDevices) {
  say('idle', 'Not publishing', 'No camera here', 'Browsers give cameras to pages on https or localhost only.')
  for (const id of ['camera', 'screen']) byId(id, HTMLButtonElement).disabled = true
}

/** @param {() => Promise<MediaStream>} open */
async function capture(open) {
  try {
    stream = await open()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return say('idle', 'Not publishing', 'Nothing to publish', `The browser gave no picture: ${reason}`)
  }
  video.srcObject = stream
  for (const track of stream.getVideoTracks()) {
    track.contentHint = 'motion'
    track.addEventListener('ended', () => stop())
  }
  await publish()
}

/** Publishes, and does so again when the connection breaks, until stopped. */
async function publish() {
  let failures = 0
  let wasLive = false
  while (stream) {
    say('connecting', 'Connecting', 'Connecting', '')
    try {
      session = await WhipSession.open(stream, { url: `/whip/${place}`, token: presentToken() })
      await untilLost(session, () => {
        failures = 0
        wasLive = true
        say('live', 'Live', '', '')
      })
    } catch (error) {
      if (error instanceof HttpError && error.wantsToken)
        return say(
          'refused',
          'Token wanted',
          'Publishing wants a token',
          presentToken() ? error.message : 'Whoever runs this server can give you one.',
        )
      // A server that starts again opens its door before it knows the address.
      if (error instanceof HttpError && error.status < 500 && !(wasLive && error.status === 404)) {
        stop()
        return say('idle', 'Not publishing', 'The server refused', error.message)
      }
    }
    session?.close()
    session = undefined
    if (stream && failures++ > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop()
  stream = undefined
  session?.close()
  video.srcObject = null
  say('idle', 'Not publishing', 'Publish from this browser', 'Whoever may watch this room sees you as soon as you start.')
}

/** @param {string} state @param {string} words @param {string} title @param {string} text */
function say(state, words, title, text) {
  root.dataset.state = state
  pill.textContent = words
  pill.dataset.tone = state
  byId('cover-title', HTMLElement).textContent = title
  byId('cover-text', HTMLElement).textContent = text
  tokenForm.hidden = state !== 'refused'
}
