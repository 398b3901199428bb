import type { types } from 'mediasoup'
import type { PreferredLayers } from '../room/viewer.ts'

/** A consumer's score (0 to 10) below which its viewer loses too much for the layer it gets. */
const LOSING_SCORE = 6
const CLEAN_SCORE = 9
/** Milliseconds without loss before the next better layer is tried; doubled after each try that failed. */
const FIRST_RETRY_MS = 8_000
const LONGEST_RETRY_MS = 120_000

/**
 * Chooses the spatial layer of one simulcast consumer on a transport without bandwidth estimation, from the loss that its
 * receiver reports: one layer down when too much is lost, one up after a clean while, never above what the viewer prefers.
 */
export class LayerChoice {
  readonly #consumer: types.Consumer
  readonly #highest: number
  #limit: number
  #preferred: PreferredLayers | undefined
  #retryMs = FIRST_RETRY_MS
  #retry: NodeJS.Timeout | undefined

  constructor(consumer: types.Consumer, layers: number) {
    this.#consumer = consumer
    this.#highest = layers - 1
    this.#limit = this.#highest
    consumer.on('score', ({ score, producerScore }) => this.#judge(score, producerScore))
    consumer.observer.once('close', () => clearTimeout(this.#retry))
  }

  prefer(layers: PreferredLayers | undefined): Promise<void> {
    this.#preferred = layers
    return this.#apply()
  }

  #judge(score: number, producerScore: number): void {
    // A publisher who loses packets itself makes every viewer's score fall; a lower layer would not help.
    if (score < LOSING_SCORE && producerScore >= CLEAN_SCORE && this.#limit > 0) {
      if (this.#limit < this.#highest) this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2)
      this.#limit--
      void this.#apply()
    }
    clearTimeout(this.#retry)
    if (score < CLEAN_SCORE || this.#limit === this.#highest) return
    this.#retry = setTimeout(() => {
      this.#limit++
      void this.#apply()
    }, this.#retryMs)
    this.#retry.unref()
  }

  async #apply(): Promise<void> {
    if (this.#consumer.closed) return
    const spatialLayer = Math.min(this.#limit, this.#preferred?.spatial ?? this.#highest)
    const temporalLayer = this.#preferred?.temporal
    await this.#consumer.setPreferredLayers({ spatialLayer, ...(temporalLayer !== undefined && { temporalLayer }) })
  }
}
