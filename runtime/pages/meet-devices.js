import { byId, element } from './dom.js'

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } }

/** @typedef {'audio' | 'video'} Kind */

/** This browser's microphone and camera, as they are chosen in the two lists of the page. */
export class Devices {
  #lists = { audio: byId('microphones', HTMLSelectElement), video: byId('cameras', HTMLSelectElement) }
  /** Called when somebody chooses another device. @type {(kind: Kind) => void} */
  onChoice = () => {}

  constructor() {
    for (const kind of /** @type {Kind[]} */ (['audio', 'video'])) {
      this.#lists[kind].addEventListener('change', () => this.onChoice(kind))
    }
    navigator.mediaDevices?.addEventListener('devicechange', () => this.list())
  }

  /**
   * @param {Kind} kind
   * @returns {Promise<MediaStreamTrack | undefined>} Undefined when there is none, or it is not given to us.
   */
  async open(kind) {
    const deviceId = this.#lists[kind].value
    const wanted = { ...(kind === 'audio' ? AUDIO : VIDEO), ...(deviceId && { deviceId: { exact: deviceId } }) }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted })
      await this.list()
      return stream.getTracks()[0]
    } catch {
      return undefined
    }
  }

  /** Fills the lists; names are known only once a device has been opened. */
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    for (const [kind, list] of Object.entries(this.#lists)) {
      const chosen = list.value
      const options = devices
        .filter((device) => device.kind === `${kind}input` && device.deviceId !== '')
        .map(({ deviceId, label }, index) => element('option', { value: deviceId }, label || `Device ${index + 1}`))
      list.replaceChildren(...options)
      list.disabled = options.length === 0
      if (options.some((option) => /** @type {HTMLOptionElement} */ (option).value === chosen)) list.value = chosen
    }
  }
}

/** Asks for a screen, window or tab. @returns {Promise<MediaStream | undefined>} Undefined when nothing was chosen. */
export async function chooseScreen() {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true })
  } catch {
    return undefined
  }
}
