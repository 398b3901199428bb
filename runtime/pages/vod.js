import { byId } from './dom.js'
import { HttpError, request } from './http.js'
import { enableStrip, readCues } from './storyboard.js'
import { onToken, presentToken } from './token.js'

/** @typedef {{ url: string, label: string, type: string }} Source */

const PASS = 'query ($app: String!, $id: String!) { recording(app: $app, id: $id) { playbackUrl } }'
const [, , app = '', number = ''] = location.pathname.split('/').map(decodeURIComponent)
const video = byId('video', HTMLVideoElement)
const tokenForm = byId('token', HTMLFormElement)

onToken(tokenForm, () => void show())
void show()

async function show() {
  try {
    const base = new URL(`${location.pathname.replace(/\/$/, '')}/media/${await pass()}/`, location.href)
    const info = await (await request(new URL('info.json', base))).json()
    document.title = `${info.name} · Patchbay`
    byId('name', HTMLElement).textContent = `${info.room} · ${new Date(info.startedAt).toLocaleString()}`
    if (info.thumbnail) video.poster = new URL(info.thumbnail, base).href
    offer(info.sources, base)
    byId('cover', HTMLElement).hidden = true
    if (info.storyboard) {
      const url = new URL(info.storyboard, base)
      enableStrip(video, readCues(await (await request(url)).text(), url))
    }
  } catch (error) {
    refuse(error)
  }
}

/** What lets this page in: the link's own pass, or one for whoever presents a token. */
async function pass() {
  const given = new URLSearchParams(location.hash.slice(1)).get('pass')
  if (given) return given
  const body = JSON.stringify({ query: PASS, variables: { app, id: number } })
  const headers = { 'content-type': 'application/json' }
  const { data, errors } = await (await request('/graphql', { method: 'POST', token: presentToken(), headers, body })).json()
  if (errors?.[0]) throw new HttpError(errors[0].extensions?.code === 'NOT_FOUND' ? 404 : 401, errors[0].message)
  return new URLSearchParams(String(data.recording.playbackUrl).split('#')[1]).get('pass') ?? ''
}

/** @param {readonly Source[]} sources @param {URL} base */
function offer(sources, base) {
  const playable = sources.filter(({ type }) => video.canPlayType(type) !== '')
  const select = byId('sources', HTMLSelectElement)
  select.replaceChildren(...playable.map(({ label, url }) => new Option(label, url)))
  byId('quality', HTMLElement).hidden = playable.length < 2
  select.addEventListener('change', () => play(select.value))
  // A playlist that the browser does not take after all.
  video.addEventListener('error', () => {
    const next = select.options[select.selectedIndex + 1]
    if (!next) return refuse(new Error('The browser can not play this recording.'))
    select.value = next.value
    play(next.value)
  })
  play(select.value)

  /** @param {string} url */
  function play(url) {
    const at = video.currentTime
    const wasPlaying = !video.paused
    video.src = new URL(url, base).href
    video.addEventListener(
      'loadedmetadata',
      () => {
        video.currentTime = at
        if (wasPlaying) video.play().catch(() => {})
      },
      { once: true },
    )
  }
}

/** @param {unknown} error */
function refuse(error) {
  const wantsToken = error instanceof HttpError && error.wantsToken
  byId('cover', HTMLElement).hidden = false
  byId('cover-title', HTMLElement).textContent = wantsToken ? 'This recording wants a token' : 'This can not be played'
  byId('cover-text', HTMLElement).textContent = wantsToken
    ? 'Whoever runs this server can give you one, or another link.'
    : String(error instanceof Error ? error.message : error)
  tokenForm.hidden = !wantsToken
}
