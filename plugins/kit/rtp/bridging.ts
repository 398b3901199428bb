import { Bridge, type BridgeOptions, type BridgePipeline } from './bridge.ts'

/** Wait after a bridge that failed, in milliseconds. */
const RETRY_MS = 1_000
/** A bridge runs that long after its last new viewer, in milliseconds: some viewers never connect. */
const MAX_BRIDGE_MS = 30_000

export type BridgingOptions<Running extends BridgePipeline> = Omit<BridgeOptions<Running>, 'onEnded'> & {
  /** Whether the GOP so far is there. */
  isPossible: () => boolean
}

/** Has a bridge running while somebody waits for the source's next keyframe, and no longer. */
export class Bridging<Running extends BridgePipeline> {
  readonly #options: BridgingOptions<Running>
  #bridge: Bridge<Running> | undefined
  /** Viewers who are not on the source yet, and when the last one of them came. */
  #viewers = 0
  #viewerCameAt = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: BridgingOptions<Running>) {
    this.#options = options
  }

  /** What has to be given every frame; undefined while there is none. */
  get current(): Running | undefined {
    return this.#bridge?.current
  }

  viewers(count: number): void {
    if (count > this.#viewers) this.#viewerCameAt = performance.now()
    this.#viewers = count
    this.settle()
  }

  /** Called with every frame, as time alone may end it. */
  settle(): void {
    const isNeeded = this.#viewers > 0 && performance.now() - this.#viewerCameAt < MAX_BRIDGE_MS
    if (!isNeeded) this.end()
    else if (!this.#bridge && this.#isPossible()) this.#bridge = new Bridge({ ...this.#options, onEnded: () => this.fail() })
  }

  forceKeyframe(): void {
    this.#bridge?.forceKeyframe()
  }

  /** It is of no use any more, and another one may be a while from now. */
  fail(): void {
    this.#failedAt = performance.now()
    this.end()
  }

  /** What it has decoded so far does not go with what comes now. */
  end(): void {
    this.#bridge?.close()
    this.#bridge = undefined
  }

  close(): void {
    this.#closed = true
    this.end()
  }

  #isPossible(): boolean {
    return !this.#closed && performance.now() - this.#failedAt > RETRY_MS && this.#options.isPossible()
  }
}
