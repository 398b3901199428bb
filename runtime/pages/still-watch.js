const LOOK_MS = 2_000
/** Until a picture that does not change is told for the first time; each further time takes twice as long, to a minute. */
const STILL_AFTER_MS = 6_000
const LONGEST_MS = 60_000
const SAMPLE = { width: 32, height: 18 }

/** Notices when a moving image stands still. Browsers do not tell: to them an endless image has loaded once. */
export class StillWatch {
  #image
  #onStill
  #canvas = Object.assign(document.createElement('canvas'), SAMPLE).getContext('2d', { willReadFrequently: true })
  #timer = 0
  #before = ''
  #changedAt = 0
  #patienceMs = STILL_AFTER_MS
  #still = false

  /**
   * @param {HTMLImageElement} image
   * @param {(still: boolean) => void} onStill Called when it begins, now and then while it lasts, and when it is over.
   */
  constructor(image, onStill) {
    this.#image = image
    this.#onStill = onStill
  }

  /** Does nothing while it watches already. */
  start() {
    if (this.#timer) return
    this.#changedAt = performance.now()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = 0
    this.#before = ''
    this.#still = false
    this.#patienceMs = STILL_AFTER_MS
  }

  #look() {
    // Hidden pages paint nothing.
    if (document.visibilityState !== 'visible') this.#changedAt = performance.now()
    else if (this.#hasChanged()) this.#moves()
    else if (performance.now() - this.#changedAt > this.#patienceMs) this.#stands()
  }

  #moves() {
    this.#changedAt = performance.now()
    this.#patienceMs = STILL_AFTER_MS
    if (!this.#still) return
    this.#still = false
    this.#onStill(false)
  }

  #stands() {
    this.#changedAt = performance.now()
    this.#patienceMs = Math.min(this.#patienceMs * 2, LONGEST_MS)
    this.#still = true
    this.#onStill(true)
  }

  #hasChanged() {
    if (!this.#canvas || this.#image.naturalWidth === 0) return false
    const { width, height } = SAMPLE
    this.#canvas.drawImage(this.#image, 0, 0, width, height)
    const now = this.#canvas.getImageData(0, 0, width, height).data.join()
    const changed = now !== this.#before
    this.#before = now
    return changed
  }
}
