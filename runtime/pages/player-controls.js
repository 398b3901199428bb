import { byId, icon } from './dom.js'

const IDLE_AFTER_MS = 2_500
const VOLUME = 'patchbay.volume'

/**
 * Makes the buttons, the volume and the keys of the player work.
 *
 * @param {HTMLVideoElement} video
 * @param {HTMLElement} frame What goes full screen.
 */
export function enableControls(video, frame) {
  const unmute = byId('unmute', HTMLButtonElement)
  const keys = {
    m: toggleMute,
    f: () => toggleFullscreen(video, frame),
    p: () => togglePip(video),
    i: () => byId('figures-toggle', HTMLButtonElement).click(),
    c: () => byId('chat-toggle', HTMLButtonElement).click(),
  }

  enableVolume(video, unmute)
  byId('mute', HTMLButtonElement).addEventListener('click', toggleMute)
  unmute.addEventListener('click', toggleMute)
  byId('fullscreen', HTMLButtonElement).addEventListener('click', keys.f)
  frame.addEventListener('dblclick', ({ target }) => {
    if (target instanceof Element && target.matches('video, canvas, img, .sound')) keys.f()
  })
  const pip = byId('pip', HTMLButtonElement)
  pip.hidden = !document.pictureInPictureEnabled
  pip.addEventListener('click', keys.p)
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
    keys[/** @type {keyof typeof keys} */ (event.key.toLowerCase())]?.()
  })
  hideWhenIdle(frame)

  function toggleMute() {
    video.muted = !video.muted
    if (!video.muted && video.volume === 0) video.volume = 1
    unmute.hidden = true
    video.play().catch(() => {})
  }

  return {
    /** Plays with sound; where the browser wants a tap first, without sound and with a button for it. */
    async play() {
      try {
        await video.play()
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return
        video.muted = true
        unmute.hidden = false
        await video.play().catch(() => {})
      }
    },
  }
}

/** @param {HTMLVideoElement} video @param {HTMLElement} unmute */
function enableVolume(video, unmute) {
  const mute = byId('mute', HTMLButtonElement)
  const volume = byId('volume', HTMLInputElement)
  video.volume = remembered()
  volume.value = String(video.volume)

  volume.addEventListener('input', () => {
    video.volume = volume.valueAsNumber
    video.muted = video.volume === 0
    unmute.hidden = true
    remember(video.volume)
  })
  video.addEventListener('volumechange', () => {
    const silent = video.muted || video.volume === 0
    mute.replaceChildren(icon(silent ? 'muted' : 'sound'))
    mute.setAttribute('aria-label', silent ? 'Unmute' : 'Mute')
    volume.value = String(video.muted ? 0 : video.volume)
  })
}

/**
 * @param {HTMLVideoElement & { webkitEnterFullscreen?: () => void }} video
 * @param {HTMLElement} frame
 */
function toggleFullscreen(video, frame) {
  if (document.fullscreenElement) document.exitFullscreen()
  else if (frame.requestFullscreen) frame.requestFullscreen().catch(() => {})
  // iPhones let only the video itself fill the screen.
  else video.webkitEnterFullscreen?.()
}

/** @param {HTMLVideoElement} video */
function togglePip(video) {
  const change = document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()
  change.catch(() => {})
}

/** @param {HTMLElement} frame */
function hideWhenIdle(frame) {
  let timer = 0
  const stir = () => {
    clearTimeout(timer)
    frame.removeAttribute('data-idle')
    timer = setTimeout(() => {
      if (document.documentElement.dataset.state === 'live') frame.setAttribute('data-idle', '')
    }, IDLE_AFTER_MS)
  }
  for (const type of ['pointermove', 'pointerdown', 'focusin']) frame.addEventListener(type, stir)
  frame.addEventListener('pointerleave', () => {
    if (document.documentElement.dataset.state === 'live') frame.setAttribute('data-idle', '')
  })
  document.addEventListener('keydown', stir)
  stir()
}

function remembered() {
  try {
    const volume = Number.parseFloat(localStorage.getItem(VOLUME) ?? '1')
    return volume > 0 && volume <= 1 ? volume : 1
  } catch {
    return 1
  }
}

/** @param {number} volume */
function remember(volume) {
  try {
    if (volume > 0) localStorage.setItem(VOLUME, String(volume))
  } catch {
    // Storage is switched off: every page starts loud.
  }
}
