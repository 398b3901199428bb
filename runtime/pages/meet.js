import { byId, icon } from './dom.js'
import { ConnectionLost, GraphqlError } from './graphql.js'
import { HttpError } from './http.js'
import { Chat } from './meet-chat.js'
import { chooseScreen, Devices } from './meet-devices.js'
import { Tiles } from './meet-tiles.js'
import { dropLentToken, tokenFor } from './meet-token.js'
import { Meeting } from './meeting.js'
import { onToken } from './token.js'
import { counted } from './words.js'

const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 4_000

/** Ends after which nobody comes back by himself. @type {Record<string, string>} */
const FINAL = {
  REQUESTED: 'Somebody has removed you from this meeting.',
  ROOM_CLOSED: 'The meeting was closed.',
  TAKEN_OVER: 'You have joined this meeting from somewhere else.',
}

const [, , app = '', room = ''] = location.pathname.split('/').map(decodeURIComponent)
const identity = `meet-${[...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
const root = document.documentElement
const name = byId('name', HTMLInputElement)
const preview = byId('preview', HTMLVideoElement)
const buttons = {
  MICROPHONE: byId('microphone', HTMLButtonElement),
  CAMERA: byId('camera', HTMLButtonElement),
  SCREEN: byId('screen', HTMLButtonElement),
}
const choices = { audio: byId('with-microphone', HTMLInputElement), video: byId('with-camera', HTMLInputElement) }

const tiles = new Tiles()
const devices = new Devices()
const chat = new Chat((text) => (meeting ? meeting.say(text) : fail()))

/** @type {Meeting | undefined} */
let meeting
let wanted = false
/** Ours, whether they are published at the moment or not. @type {{ MICROPHONE?: MediaStreamTrack | undefined, CAMERA?: MediaStreamTrack | undefined, SCREEN?: MediaStreamTrack | undefined, SCREEN_AUDIO?: MediaStreamTrack | undefined }} */
const own = {}
let muted = false

document.title = `${app} / ${room} · Patchbay`
byId('room', HTMLElement).textContent = `${app} / ${room}`
name.value = new URLSearchParams(location.search).get('name') ?? ''
tiles.onSize = (trackId, small) => meeting?.preferSmall(trackId, small)

byId('join', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  void enter()
})
onToken(byId('token', HTMLFormElement), () => void enter())
choices.video.addEventListener('change', () => void showPreview())
choices.audio.addEventListener('change', () => {
  muted = !choices.audio.checked
})
buttons.MICROPHONE.addEventListener('click', () => void toggleMicrophone())
buttons.CAMERA.addEventListener('click', () => void toggleCamera())
buttons.SCREEN.addEventListener('click', () => void toggleScreen())
byId('leave', HTMLButtonElement).addEventListener('click', () => leave('You have left the meeting.'))
window.addEventListener('pagehide', () => meeting?.close())
devices.onChoice = (kind) => void changeDevice(kind)
void showPreview()

/** Browsers have cameras on https and localhost only. */
async function showPreview() {
  if (choices.video.checked) own.CAMERA ??= await devices.open('video')
  else stop('CAMERA')
  preview.srcObject = own.CAMERA ? new MediaStream([own.CAMERA]) : null
  byId('no-preview', HTMLElement).textContent = navigator.mediaDevices
    ? 'Your camera is off'
    : 'Browsers give cameras to pages on https or localhost only'
}

/** Stays in the room, and comes back after every interruption, until somebody has enough of it. */
async function enter() {
  if (wanted || name.value.trim() === '') return name.focus()
  wanted = true
  say('connecting', 'Connecting')
  if (choices.audio.checked) own.MICROPHONE ??= await devices.open('audio')
  let retryMs = FIRST_RETRY_MS
  while (wanted) {
    const end = await stay(() => {
      retryMs = FIRST_RETRY_MS
    })
    if (!wanted) return
    if (end in FINAL) return leave(FINAL[end] ?? '')
    say('reconnecting', 'Reconnecting')
    await new Promise((resolve) => setTimeout(resolve, retryMs))
    retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)
  }
}

/** One stay, from joining to its end. @param {() => void} onJoined @returns {Promise<string>} Why it ended. */
async function stay(onJoined) {
  try {
    const token = await tokenFor(app, room)
    meeting = await Meeting.join({ app, room, identity, name: name.value.trim(), token }, listener)
    if (!wanted) return 'LEFT'
    onJoined()
    tiles.person('me', `${name.value.trim()} (you)`).mark('own', true)
    say('live', 'Joined')
    await Promise.all(Object.entries(own).map(([source, track]) => track && publish(track, /** @type {keyof typeof own} */ (source))))
    showOwn()
    return await meeting.ended
  } catch (error) {
    return explain(error)
  } finally {
    meeting?.close()
    meeting = undefined
    tiles.clear()
  }
}

/** What somebody is told whose joining failed. @param {unknown} error */
function explain(error) {
  const code = error instanceof GraphqlError ? error.code : undefined
  const unauthorized = (error instanceof ConnectionLost && error.unauthorized) || (error instanceof HttpError && error.wantsToken)
  if (unauthorized && dropLentToken()) return 'CONNECTION_LOST'
  if (unauthorized || code === 'FORBIDDEN') {
    leave('')
    say('refused', 'Token wanted')
    byId('token-text', HTMLElement).textContent =
      code === 'FORBIDDEN' ? 'The token does not open this room.' : 'Whoever runs this server can give you one.'
    byId('token-field', HTMLInputElement).focus()
  } else if (code === 'APP_NOT_FOUND' || code === 'ROOM_NAME_INVALID' || (error instanceof HttpError && error.status < 500)) {
    leave(error instanceof Error ? error.message : '')
  }
  return 'CONNECTION_LOST'
}

/** @type {import('./meeting.js').MeetingListener} */
const listener = {
  onPerson: ({ id, name: called }) => {
    tiles.person(id, called)
    showCount()
  },
  onPersonLeft: (id) => {
    tiles.removePerson(id)
    showCount()
  },
  onTrack: (track, media) => {
    const id = track.participant.id
    if (track.source === 'SCREEN') return tiles.screen(id).show(media, true)
    const tile = tiles.person(id)
    if (track.kind === 'VIDEO') {
      tile.trackId = track.id
      tile.mark('whole', track.source === null)
      return tile.show(media, !track.muted)
    }
    if (track.source === 'SCREEN_AUDIO') return tiles.screen(id).hear(media)
    tile.hear(media)
    tile.mark('muted', track.muted)
  },
  onTrackEnded: (track) => {
    const id = track.participant.id
    if (track.source === 'SCREEN') return tiles.removeScreen(id)
    if (track.source === 'SCREEN_AUDIO') return
    const tile = tiles.person(id)
    if (track.kind === 'VIDEO') tile.show(undefined, false)
    else tile.hear(undefined)
  },
  onSpeakers: (ids) => tiles.speak(new Set([...ids].map((id) => (id === meeting?.participantId ? 'me' : id)))),
  onMessage: (from, text) => chat.show(tiles.nameOf(from), text),
}

async function toggleMicrophone() {
  if (!own.MICROPHONE) {
    own.MICROPHONE = await devices.open('audio')
    if (own.MICROPHONE) await publish(own.MICROPHONE, 'MICROPHONE')
    muted = false
  } else {
    muted = !muted
    await meeting?.mute('MICROPHONE', muted)
  }
  showOwn()
}

async function toggleCamera() {
  if (own.CAMERA) {
    await meeting?.unpublish('CAMERA')
    stop('CAMERA')
  } else {
    own.CAMERA = await devices.open('video')
    if (own.CAMERA) await publish(own.CAMERA, 'CAMERA')
  }
  showOwn()
}

async function toggleScreen() {
  if (own.SCREEN) return endScreen()
  const stream = await chooseScreen()
  const [picture] = stream?.getVideoTracks() ?? []
  const [sound] = stream?.getAudioTracks() ?? []
  if (!picture) return
  picture.contentHint = 'detail'
  picture.addEventListener('ended', () => void endScreen())
  own.SCREEN = picture
  own.SCREEN_AUDIO = sound
  await publish(picture, 'SCREEN')
  if (sound) await publish(sound, 'SCREEN_AUDIO')
  showOwn()
}

async function endScreen() {
  await meeting?.unpublish('SCREEN_AUDIO')
  await meeting?.unpublish('SCREEN')
  stop('SCREEN_AUDIO')
  stop('SCREEN')
  tiles.removeScreen('me')
  showOwn()
}

/** @param {'audio' | 'video'} kind */
async function changeDevice(kind) {
  const source = kind === 'audio' ? 'MICROPHONE' : 'CAMERA'
  if (!own[source]) return
  // Some systems give a device to one track at a time.
  own[source].stop()
  own[source] = await devices.open(kind)
  if (own[source]) await meeting?.replace(source, own[source])
  showOwn()
}

/** @param {MediaStreamTrack} track @param {keyof typeof own} source */
async function publish(track, source) {
  try {
    await meeting?.publish(track, source)
    if (source === 'MICROPHONE' && muted) await meeting?.mute(source, true)
  } catch (error) {
    if (error instanceof GraphqlError && error.code === 'FORBIDDEN') chat.show('', 'With this token you can watch and listen only.')
    else if (meeting)
      chat.show(
        '',
        `Your ${source.toLowerCase().replace('_', ' ')} could not be published: ${error instanceof Error ? error.message : error}`,
      )
  }
}

/** @param {keyof typeof own} source */
function stop(source) {
  own[source]?.stop()
  own[source] = undefined
}

/** @param {string} why */
function leave(why) {
  wanted = false
  meeting?.close()
  for (const source of /** @type {(keyof typeof own)[]} */ (['MICROPHONE', 'CAMERA', 'SCREEN', 'SCREEN_AUDIO'])) stop(source)
  preview.srcObject = null
  byId('lobby-title', HTMLElement).textContent = why === '' ? 'Join the meeting' : 'Join again?'
  byId('lobby-text', HTMLElement).textContent = why
  say('lobby', 'Not joined')
}

function showOwn() {
  if (!meeting) return
  const tile = tiles.person('me')
  tile.show(own.CAMERA, own.CAMERA !== undefined)
  tile.mark('muted', muted || !own.MICROPHONE)
  if (own.SCREEN) tiles.screen('me').show(own.SCREEN, true)
  press('MICROPHONE', own.MICROPHONE !== undefined && !muted, 'mic')
  press('CAMERA', own.CAMERA !== undefined, 'camera')
  press('SCREEN', own.SCREEN !== undefined, 'screen')
  showCount()
}

/** @param {keyof typeof buttons} which @param {boolean} on @param {string} picture */
function press(which, on, picture) {
  buttons[which].setAttribute('aria-pressed', String(on))
  if (picture !== 'screen') buttons[which].querySelector('.icon')?.replaceWith(icon(on ? picture : `${picture}-off`))
}

function showCount() {
  if (root.dataset.state === 'live') byId('pill', HTMLElement).textContent = counted(tiles.count, 'person').replace('persons', 'people')
}

/** @param {string} state @param {string} words */
function say(state, words) {
  const inside = state === 'live' || state === 'reconnecting'
  root.dataset.state = state
  byId('pill', HTMLElement).textContent = words
  byId('pill', HTMLElement).dataset.tone = state === 'live' ? 'good' : state
  byId('meeting', HTMLElement).hidden = !inside
  byId('controls', HTMLElement).hidden = !inside
  byId('lobby', HTMLElement).hidden = inside
  byId('join', HTMLFormElement).hidden = state === 'refused'
  byId('token', HTMLFormElement).hidden = state !== 'refused'
  byId('enter', HTMLButtonElement).disabled = state === 'connecting'
}

/** @returns {never} */
function fail() {
  throw new Error('not in a meeting')
}
