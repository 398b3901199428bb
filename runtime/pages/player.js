import { byId } from './dom.js'
import { FiguresPanel } from './figures-panel.js'
import { HttpError } from './http.js'
import { enableControls } from './player-controls.js'
import { offerLayers } from './player-layers.js'
import { showOverlays } from './player-overlays.js'
import { Still } from './player-still.js'
import { onToken, presentToken } from './token.js'
import { Viewer } from './viewer.js'

const [, , app = '', room = ''] = location.pathname.split('/').map(decodeURIComponent)
const root = document.documentElement
const video = byId('video', HTMLVideoElement)
const pill = byId('pill', HTMLElement)
const again = byId('again', HTMLButtonElement)
const tokenForm = byId('token', HTMLFormElement)

const viewer = new Viewer({ url: `/whep/${encodeURIComponent(app)}/${encodeURIComponent(room)}`, token: presentToken() })
const still = new Still(video, byId('still', HTMLCanvasElement))
const controls = enableControls(video, byId('frame', HTMLElement))
const figures = new FiguresPanel()

root.toggleAttribute('data-embedded', window !== window.parent)
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

viewer.addEventListener('state', (event) => {
  const { state, error } = /** @type {CustomEvent} */ (event).detail
  const words = WORDS[/** @type {keyof typeof WORDS} */ (state)]
  root.dataset.state = state
  pill.textContent = words.pill
  pill.dataset.tone = state
  byId('cover-title', HTMLElement).textContent =
    error instanceof HttpError && error.code === 'VIEWER_LIMIT' ? 'The room is full' : words.title
  byId('cover-text', HTMLElement).textContent = explain(state, error) ?? words.text
  again.hidden = state !== 'failed'
  tokenForm.hidden = state !== 'refused'
  if (state === 'refused') byId('token-field', HTMLInputElement).focus({ preventScroll: true })
  if (state === 'live') still.hideOnNextFrame()
  else figures.pause()
})

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

onToken(tokenForm, (token) => viewer.useToken(token))
again.addEventListener('click', () => viewer.retryNow())
window.addEventListener('online', () => viewer.retryNow())
window.addEventListener('pagehide', () => viewer.stop())
// The browser's "back" may bring the page as it was left: start anew.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
viewer.start()

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
