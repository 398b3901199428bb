import { bitrate } from './words.js'

/**
 * @typedef {{ encodingId?: string, id?: string, spatialLayerId?: number, temporalLayerId?: number, width?: number, height?: number, bitrate?: number }} Layer
 */

/**
 * Offers the qualities that a publisher sends, when it sends several and the server lets viewers choose.
 *
 * @param {import('./viewer.js').Viewer} viewer
 * @param {HTMLElement} wrapper
 * @param {HTMLSelectElement} select
 */
export function offerLayers(viewer, wrapper, select) {
  /** @type {{ mediaId: string, encodingId?: string, spatialLayerId?: number }[]} */
  let choices = []

  viewer.addEventListener('stream', () => {
    wrapper.hidden = true
    select.replaceChildren()
  })

  viewer.addEventListener('layers', (event) => {
    const found = layersOf(/** @type {CustomEvent} */ (event).detail)
    const chosen = select.value
    choices = found.map(({ mediaId, layer }) => selection(mediaId, layer))
    select.replaceChildren(new Option('Auto', ''), ...found.map(({ layer }, index) => new Option(nameOf(layer, index), String(index))))
    select.value = Number(chosen) < choices.length ? chosen : ''
    wrapper.hidden = found.length < 2 || !viewer.session?.choosesLayers
  })

  select.addEventListener('change', () => {
    viewer.session?.chooseLayer(select.value === '' ? undefined : choices[Number(select.value)]).catch(() => {
      select.value = ''
    })
  })
}

/**
 * One entry per spatial quality, best first; of temporal ones the server sends all.
 *
 * @param {unknown} data By index of the media section, as the WHEP draft has it.
 */
function layersOf(data) {
  const sections = /** @type {[string, { active?: Layer[], layers?: Layer[] }][]} */ (Object.entries(data ?? {}))
  const all = sections.flatMap(([mediaId, { layers, active }]) =>
    (layers?.length ? layers : (active ?? [])).map((layer) => ({ mediaId, layer })),
  )
  all.sort((a, b) => (b.layer.height ?? 0) - (a.layer.height ?? 0) || (b.layer.bitrate ?? 0) - (a.layer.bitrate ?? 0))
  const seen = new Set()
  return all.filter(({ mediaId, layer }) => {
    const key = JSON.stringify(selection(mediaId, layer))
    return seen.has(key) ? false : seen.add(key)
  })
}

/** @param {string} mediaId @param {Layer} layer */
function selection(mediaId, { encodingId, id, spatialLayerId }) {
  const encoding = encodingId ?? id
  return {
    mediaId,
    ...(encoding !== undefined && { encodingId: encoding }),
    ...(spatialLayerId !== undefined && { spatialLayerId }),
  }
}

/** @param {Layer} layer @param {number} index */
function nameOf({ height, bitrate: bps, encodingId, id }, index) {
  if (height) return `${height}p`
  if (bps) return bitrate(bps)
  return encodingId ?? id ?? `Quality ${index + 1}`
}
