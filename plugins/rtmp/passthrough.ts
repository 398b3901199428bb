import { Bridge, type BridgeOptions } from './bridge.ts'
import type { OutgoingTrack } from './outgoing-track.ts'
import type { MediaMessage } from './protocol/flv.ts'
import type { GopCache } from './protocol/gop-cache.ts'
import type { VideoTag } from './protocol/video-tag.ts'
import { nalLengthBytes, nalUnits, parameterSets } from './rtp/avcc.ts'
import { packFrame } from './rtp/h264-payload.ts'
import { MAX_PAYLOAD_BYTES } from './rtp/rtp-sender.ts'
import type { VideoPath } from './video-path.ts'

/** Where a message of H.264 holds its data. */
const DATA_OFFSET = 5
/** When the source has its next keyframe that soon, in milliseconds, a bridge would come too late. */
const SOON_MS = 250
/** Whoever asked for the bridge less than this ago, in milliseconds, may not be ready yet to leave it at a keyframe. */
const SETTLING_MS = 500

export type PassthroughOptions = Omit<BridgeOptions, 'stream' | 'onEnded'> & { track: OutgoingTrack; bridged: boolean }

/** Sends H.264 on as it is, and bridges the time to the next keyframe for viewers who come in between. */
export class Passthrough implements VideoPath {
  readonly #options: PassthroughOptions
  readonly #track: OutgoingTrack
  readonly #cache: GopCache
  #sets: Buffer[] = []
  #lengthBytes = 4
  #bridge: Bridge | undefined
  #wishedAt = 0
  #closed = false

  constructor(options: PassthroughOptions) {
    this.#options = options
    this.#track = options.track
    this.#cache = options.cache
  }

  configure({ payload }: MediaMessage): void {
    const record = payload.subarray(DATA_OFFSET)
    this.#sets = parameterSets(record)
    this.#lengthBytes = nalLengthBytes(record)
    // What it has decoded so far does not go with what comes now.
    this.#endBridge()
  }

  frame(message: MediaMessage, tag: VideoTag): void {
    const { source } = this.#track
    const units = nalUnits(message.payload.subarray(DATA_OFFSET), this.#lengthBytes)
    packFrame(units, this.#sets, MAX_PAYLOAD_BYTES, (payload, last) => source.send(payload, message.timestampMs, last))
    if (tag.isKeyframe && performance.now() - this.#wishedAt > SETTLING_MS) this.#endBridge()
    else this.#bridge?.frame(message)
  }

  keyframeWanted(ssrc: number): void {
    // Who asks for the source's while the bridge runs is on it already, and stays until the source has one.
    if (this.#bridge && ssrc === this.#track.source.ssrc) return
    this.#bridgeOver()
  }

  viewerJoined(): void {
    this.#bridgeOver()
  }

  close(): void {
    this.#closed = true
    this.#endBridge()
  }

  #bridgeOver(): void {
    const stream = this.#track.bridge
    if (!stream || !this.#options.bridged || this.#closed) return
    if (this.#bridge) {
      this.#wishedAt = performance.now()
      this.#bridge.forceKeyframe()
      return
    }
    if (this.#cache.overflown || this.#isKeyframeNear()) return
    this.#wishedAt = performance.now()
    const bridge = new Bridge({ ...this.#options, stream, onEnded: () => bridge === this.#bridge && this.#endBridge() })
    this.#bridge = bridge
  }

  #isKeyframeNear(): boolean {
    const { gopMs, lastKeyframeAt } = this.#cache
    if (gopMs === undefined || !lastKeyframeAt) return false
    const remainingMs = gopMs - (Date.now() - lastKeyframeAt.getTime())
    return remainingMs >= 0 && remainingMs < SOON_MS
  }

  #endBridge(): void {
    this.#bridge?.close()
    this.#bridge = undefined
  }
}
