import { Camera } from './camera.js'
import { byId } from './dom.js'
import { FiguresPanel } from './figures-panel.js'
import { PlayToken } from './play-token.js'
import { showAudience } from './player-audience.js'
import { enableControls } from './player-controls.js'
import { offerLayers } from './player-layers.js'
import { showOverlays } from './player-overlays.js'
import { Still } from './player-still.js'
import { wordsFor } from './player-words.js'
import { RoomLink } from './room-link.js'
import { onToken, presentToken } from './token.js'
import { Viewer } from './viewer.js'

const RENEW_MS = 15_000

const [, page, app = '', room = ''] = location.pathname.split('/').map(decodeURIComponent)
const listening = new URLSearchParams(location.search).get('mode') === 'listener'
const root = document.documentElement
const embedded = window !== window.parent || page === 'embed'
const video = byId('video', HTMLVideoElement)
const image = byId('picture', HTMLImageElement)
const pill = byId('pill', HTMLElement)
const again = byId('again', HTMLButtonElement)
const tokenForm = byId('token', HTMLFormElement)

const playToken = new PlayToken({ app, room, listen: listening })
const token = () => playToken.get()
const viewer = new Viewer({ url: `/whep/${encodeURIComponent(app)}/${encodeURIComponent(room)}`, token, soundOnly: listening })
const camera = new Camera({ app, room, image, token })
const link = new RoomLink({ app, room, token })
const still = new Still(video, byId('still', HTMLCanvasElement))
const controls = enableControls(video, byId('frame', HTMLElement))
const figures = new FiguresPanel()

root.toggleAttribute('data-embedded', embedded)
root.toggleAttribute('data-sound', listening)
document.title = `${app} / ${room} · Patchbay`
const appName = document.createElement('span')
appName.className = 'quiet'
appName.textContent = `${app} / `
byId('room', HTMLElement).append(appName, room)
byId('sound-room', HTMLElement).textContent = room

showAudience(link, { chatOpen: !embedded })
showOverlays(link, byId('overlays', HTMLElement))
offerLayers(viewer, byId('quality', HTMLElement), byId('layers', HTMLSelectElement))

viewer.addEventListener('state', showState)
camera.addEventListener('state', showState)

/** @param {Event} event */
function showState(event) {
  const { state, error, still: stands, soundOnly } = /** @type {CustomEvent} */ (event).detail
  // Whoever was refused only then begins to wait for another token.
  if (state === 'refused' && !presentToken() && playToken.forget()) return queueMicrotask(tokenChanged)
  const words = wordsFor(state, { error, still: stands, switchedOff: playToken.switchedOff, ownToken: presentToken() !== undefined })
  root.dataset.state = state
  pill.textContent = words.pill
  pill.dataset.tone = state
  byId('cover-title', HTMLElement).textContent = words.title
  byId('cover-text', HTMLElement).textContent = words.text
  again.hidden = state !== 'failed'
  tokenForm.hidden = state !== 'refused'
  if (state === 'refused' && !embedded) byId('token-field', HTMLInputElement).focus({ preventScroll: true })
  if (state === 'live') {
    root.toggleAttribute('data-sound', listening || soundOnly === true)
    still.hideOnNextFrame()
  } else figures.pause()
}

/** A camera's own pictures cost nobody anything; as WebRTC they would have to be encoded. */
camera.addEventListener('presence', () => {
  root.toggleAttribute('data-camera', camera.present)
  video.hidden = camera.present
  if (camera.present) {
    viewer.stop()
    video.srcObject = null
    still.drop()
    camera.show()
  } else {
    camera.stop()
    viewer.start({ wasLive: true })
  }
})
/** @type {boolean | undefined} */
let published
// Whether somebody publishes is known there sooner than by looking from time to time.
link.addEventListener('player', (event) => {
  const { live } = /** @type {CustomEvent} */ (event).detail
  if (live === published || listening) return
  published = live
  camera.look()
})

viewer.addEventListener('stream', (event) => {
  video.srcObject = /** @type {CustomEvent} */ (event).detail
  controls.play()
})
viewer.addEventListener('replacing', () => still.take())
viewer.addEventListener('figures', (event) => figures.show(/** @type {CustomEvent} */ (event).detail))

video.addEventListener('resize', () => {
  if (video.videoWidth > 0 && !listening) root.removeAttribute('data-sound')
  shape(video.videoWidth, video.videoHeight)
})
image.addEventListener('load', () => shape(image.naturalWidth, image.naturalHeight))

/** @param {number} width @param {number} height */
function shape(width, height) {
  if (width > 0 && height > 0) document.body.style.setProperty('--ratio', String(width / height))
}

function tokenChanged() {
  viewer.tokenChanged()
  camera.retryNow()
  link.retryNow()
}

function retryNow() {
  viewer.retryNow()
  camera.retryNow()
  link.retryNow()
}

onToken(tokenForm, tokenChanged)
again.addEventListener('click', retryNow)
window.addEventListener('online', retryNow)
window.addEventListener('pagehide', () => {
  viewer.stop()
  camera.stop()
  link.close()
})
// The browser's "back" may bring the page as it was left: start anew.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
// Who was refused because playback was switched off, is let in when it is on again.
setInterval(async () => {
  if (root.dataset.state === 'refused' && playToken.switchedOff && (await token()) !== undefined) tokenChanged()
}, RENEW_MS)

link.start()
if (!listening) await camera.follow()
if (!camera.present) viewer.start()
