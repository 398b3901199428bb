import type { OutgoingTrack } from '../kit/rtp/outgoing-track.ts'
import { Bridge, type BridgeOptions } from './bridge.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import { HEADER_DATA_OFFSET, type VideoTag } from './protocol/video-tag.ts'
import type { Packer } from './rtp/packer.ts'
import type { VideoPath } from './video-path.ts'

/** Wait after a bridge that failed, in milliseconds. */
const RETRY_MS = 1_000
/** A bridge runs that long after its last new viewer, in milliseconds: some viewers never connect. */
const MAX_BRIDGE_MS = 30_000

export type PassthroughOptions = Omit<BridgeOptions, 'stream' | 'onEnded'> & { track: OutgoingTrack; packer: Packer; bridged: boolean }

/** Sends video on as it is, and where that is asked for bridges the time to the next keyframe for viewers who come in between. */
export class Passthrough implements VideoPath {
  readonly #options: PassthroughOptions
  readonly #track: OutgoingTrack
  readonly #cache: GopCache
  #bridge: Bridge | undefined
  /** Viewers who are not on the source yet, and when the last one of them came. */
  #viewers = 0
  #viewerCameAt = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: PassthroughOptions) {
    this.#options = options
    this.#track = options.track
    this.#cache = options.cache
  }

  configure({ payload }: MediaMessage): void {
    this.#options.packer.configure(payload.subarray(HEADER_DATA_OFFSET))
    // What it has decoded so far does not go with what comes now.
    this.#endBridge()
  }

  frame(message: MediaMessage, { dataOffset, isKeyframe }: VideoTag): void {
    const { source } = this.#track
    const send = (payload: Buffer[], last: boolean) => source.send(payload, message.timestampMs, last)
    this.#options.packer.pack(message.payload.subarray(dataOffset), isKeyframe, send)
    this.#bridge?.frame(message)
    this.#settleBridge()
  }

  keyframeWanted(ssrc: number): void {
    if (this.#bridge && ssrc === this.#track.bridge?.ssrc) this.#bridge.forceKeyframe()
  }

  bridgeViewers(count: number): void {
    if (count > this.#viewers) this.#viewerCameAt = performance.now()
    this.#viewers = count
    this.#settleBridge()
  }

  close(): void {
    this.#closed = true
    this.#endBridge()
  }

  /** Has a bridge running while somebody needs it, and no longer. */
  #settleBridge(): void {
    const isNeeded = this.#viewers > 0 && performance.now() - this.#viewerCameAt < MAX_BRIDGE_MS
    if (!isNeeded) this.#endBridge()
    else if (!this.#bridge && this.#isBridgeable()) this.#startBridge()
  }

  #isBridgeable(): boolean {
    const { lastKeyframeAt, overflown } = this.#cache
    if (this.#closed || !this.#options.bridged || overflown || !lastKeyframeAt) return false
    return performance.now() - this.#failedAt > RETRY_MS
  }

  #startBridge(): void {
    const stream = this.#track.bridge
    if (!stream) return
    const onEnded = () => {
      this.#failedAt = performance.now()
      this.#endBridge()
    }
    this.#bridge = new Bridge({ ...this.#options, stream, onEnded })
  }

  #endBridge(): void {
    this.#bridge?.close()
    this.#bridge = undefined
  }
}
