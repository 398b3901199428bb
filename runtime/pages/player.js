import { Camera } from './camera.js'
import { byId } from './dom.js'
import { FiguresPanel } from './figures-panel.js'
import { HttpError } from './http.js'
import { enableControls } from './player-controls.js'
import { PlayToken } from './play-token.js'
import { offerLayers } from './player-layers.js'
import { showOverlays } from './player-overlays.js'
import { Still } from './player-still.js'
import { onToken, presentToken } from './token.js'
import { Viewer } from './viewer.js'
import { counted } from './words.js'

const [, page, app = '', room = ''] = location.pathname.split('/').map(decodeURIComponent)
const root = document.documentElement
const video = byId('video', HTMLVideoElement)
const pill = byId('pill', HTMLElement)
const again = byId('again', HTMLButtonElement)
const tokenForm = byId('token', HTMLFormElement)

const playToken = new PlayToken(app, room)
const token = () => playToken.get()
const viewer = new Viewer({ url: `/whep/${encodeURIComponent(app)}/${encodeURIComponent(room)}`, token })
const camera = new Camera({ app, room, image: byId('picture', HTMLImageElement), token })
const still = new Still(video, byId('still', HTMLCanvasElement))
const controls = enableControls(video, byId('frame', HTMLElement))
const figures = new FiguresPanel()

root.toggleAttribute('data-embedded', window !== window.parent || page === 'embed')
document.title = `${app} / ${room} · Patchbay`
const appName = document.createElement('span')
appName.className = 'quiet'
appName.textContent = `${app} / `
byId('room', HTMLElement).append(appName, room)

/** @type {Record<import('./viewer.js').ViewerState, { pill: string, title: string, text: string }>} */
const WORDS = {
  connecting: { pill: 'Connecting', title: 'Connecting', text: '' },
  waiting: { pill: 'Waiting', title: 'Waiting for the stream', text: 'Nobody is publishing here yet. It starts by itself.' },
  live: { pill: 'Live', title: '', text: '' },
  reconnecting: { pill: 'Reconnecting', title: 'Reconnecting', text: '' },
  ended: { pill: 'Ended', title: 'The stream has ended', text: 'If it comes back, it plays on here by itself.' },
  refused: { pill: 'Token wanted', title: 'This room wants a token', text: 'Whoever runs this server can give you one.' },
  failed: { pill: 'Not playable', title: 'This can not be played', text: '' },
}

viewer.addEventListener('state', showState)
camera.addEventListener('state', showState)
camera.addEventListener('presence', (event) => {
  if (/** @type {CustomEvent} */ (event).detail) showCamera()
  else location.reload()
})

/** @param {Event} event */
function showState(event) {
  const { state, error } = /** @type {CustomEvent} */ (event).detail
  const words = WORDS[/** @type {keyof typeof WORDS} */ (state)]
  const isFull = error instanceof HttpError && error.code === 'VIEWER_LIMIT'
  const isOff = state === 'refused' && playToken.switchedOff
  root.dataset.state = state
  pill.textContent = words.pill
  pill.dataset.tone = state
  byId('cover-title', HTMLElement).textContent = isFull ? 'The room is full' : isOff ? 'Playback is switched off' : words.title
  byId('cover-text', HTMLElement).textContent = explain(state, error) ?? words.text
  again.hidden = state !== 'failed'
  tokenForm.hidden = state !== 'refused'
  if (state === 'refused') byId('token-field', HTMLInputElement).focus({ preventScroll: true })
  if (state === 'live') still.hideOnNextFrame()
  else figures.pause()
}

/** A camera's own pictures cost nobody anything; as WebRTC they would have to be encoded. */
function showCamera() {
  viewer.stop()
  video.hidden = true
  root.toggleAttribute('data-camera', true)
  camera.show()
}

viewer.addEventListener('stream', (event) => {
  video.srcObject = /** @type {CustomEvent} */ (event).detail
  controls.play()
})
viewer.addEventListener('replacing', () => still.take())
viewer.addEventListener('figures', (event) => figures.show(/** @type {CustomEvent} */ (event).detail))
showOverlays(viewer, byId('overlays', HTMLElement))
offerLayers(viewer, byId('quality', HTMLElement), byId('layers', HTMLSelectElement))

video.addEventListener('resize', () => {
  const { videoWidth, videoHeight } = video
  if (videoWidth > 0 && videoHeight > 0) document.body.style.setProperty('--ratio', String(videoWidth / videoHeight))
})

viewer.addEventListener('viewercount', (event) => {
  const { viewercount } = /** @type {CustomEvent} */ (event).detail
  const count = byId('viewers', HTMLElement)
  count.hidden = false
  count.textContent = counted(viewercount, 'viewer')
})

onToken(tokenForm, () => viewer.tokenChanged())
again.addEventListener('click', () => viewer.retryNow())
window.addEventListener('online', () => viewer.retryNow())
window.addEventListener('pagehide', () => {
  viewer.stop()
  camera.stop()
})
// The browser's "back" may bring the page as it was left: start anew.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
await Promise.all([camera.follow(), token()])
if (!camera.present) viewer.start()

/**
 * @param {string} state
 * @param {unknown} error
 */
function explain(state, error) {
  if (state === 'connecting' && error) return 'The server can not be reached. Trying again.'
  if (!(error instanceof HttpError)) return undefined
  if (state === 'refused') return presentToken() ? `The token was not accepted: ${error.message}` : undefined
  if (state === 'failed') return error.message
  return error.code === 'VIEWER_LIMIT' ? 'As soon as somebody leaves, it starts here.' : undefined
}
