import { element } from './dom.js'

/** @typedef {{ source: string, text: string, position: string, opacity: number }} Overlay */

/**
 * Shows over the picture what plugins want shown. It is data, and becomes text and nothing else.
 *
 * @param {import('./room-link.js').RoomLink} link
 * @param {HTMLElement} layer
 */
export function showOverlays(link, layer) {
  link.addEventListener('overlays', (event) => {
    const overlays = /** @type {Overlay[]} */ (/** @type {CustomEvent} */ (event).detail ?? [])
    layer.replaceChildren(...overlays.map(toElement))
  })
}

/** @param {Overlay} overlay */
function toElement({ source, text, position, opacity }) {
  const shown = element('p', { class: 'overlay', 'data-source': source, 'data-position': position }, text)
  shown.style.opacity = String(opacity)
  return shown
}
