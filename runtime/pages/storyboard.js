import { byId } from './dom.js'

/** @typedef {{ from: number, to: number, url: string, x: number, y: number, width: number, height: number }} Cue */

/**
 * Shows what is to be seen at the place of a recording that is pointed at, and goes there with a click.
 *
 * @param {HTMLVideoElement} video
 * @param {readonly Cue[]} cues
 */
export function enableStrip(video, cues) {
  const strip = byId('strip', HTMLElement)
  const preview = byId('preview', HTMLElement)
  const picture = byId('picture', HTMLElement)
  strip.hidden = false

  strip.addEventListener('pointermove', (event) => {
    const seconds = secondsAt(event)
    const cue = cues.find(({ to }) => seconds < to) ?? cues.at(-1)
    if (!cue) return
    preview.hidden = false
    preview.style.left = `${(seconds / video.duration) * 100}%`
    picture.style.width = `${cue.width}px`
    picture.style.height = `${cue.height}px`
    picture.style.background = `url("${cue.url}") -${cue.x}px -${cue.y}px`
    byId('time', HTMLElement).textContent = clock(seconds)
  })
  strip.addEventListener('pointerleave', () => {
    preview.hidden = true
  })
  strip.addEventListener('click', (event) => {
    video.currentTime = secondsAt(event)
  })
  video.addEventListener('timeupdate', () => {
    byId('played', HTMLElement).style.width = `${(video.currentTime / video.duration) * 100}%`
  })

  /** @param {MouseEvent} event */
  function secondsAt({ clientX }) {
    const { left, width } = strip.getBoundingClientRect()
    return Math.min(1, Math.max(0, (clientX - left) / width)) * (video.duration || 0)
  }
}

/**
 * What a WebVTT of pictures says: which part of which picture is when.
 *
 * @param {string} text
 * @param {URL} base Where it was read.
 * @returns {Cue[]}
 */
export function readCues(text, base) {
  return [...text.matchAll(/^([\d:.]+) --> ([\d:.]+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)].map(
    ([, from = '', to = '', file = '', x, y, width, height]) => ({
      from: secondsOf(from),
      to: secondsOf(to),
      url: new URL(file, base).href,
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    }),
  )
}

/** @param {string} time `01:02:03.500` */
function secondsOf(time) {
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** @param {number} seconds */
function clock(seconds) {
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}
