import type { Codec, Frame } from '../codecs/codec.ts'
import type { RtpPacket } from './packet.ts'

/** A frame that claims to be longer is given up. */
const MAX_FRAME_BYTES = 16 << 20

/**
 * Puts frames together from packets in order. Of video it begins with a keyframe; after a loss it waits for the next one, since what
 * comes before would be shown broken.
 */
export class Frames {
  readonly #codec: Codec
  readonly #emit: (frame: Frame, rtpTime: number) => void
  /** A keyframe is needed. */
  readonly #lost: () => void
  #payloads: Buffer[] = []
  #bytes = 0
  #rtpTime: number | undefined
  #isDamaged = false
  #needsKeyframe: boolean

  constructor(codec: Codec, emit: (frame: Frame, rtpTime: number) => void, lost: () => void) {
    this.#codec = codec
    this.#emit = emit
    this.#lost = lost
    this.#needsKeyframe = codec.kind === 'video'
  }

  get needsKeyframe(): boolean {
    return this.#needsKeyframe
  }

  push({ payload, rtpTime, marker }: RtpPacket, isAfterLoss: boolean): void {
    if (isAfterLoss) this.#damage()
    // Some senders forget the marker.
    if (this.#rtpTime !== undefined && this.#rtpTime !== rtpTime) this.#finish(isAfterLoss)
    this.#rtpTime = rtpTime
    if (isAfterLoss && this.#codec.kind === 'video') this.#isDamaged = true
    this.#bytes += payload.length
    if (this.#bytes > MAX_FRAME_BYTES) this.#isDamaged = true
    else this.#payloads.push(payload)
    if (marker || this.#codec.kind === 'audio') this.#finish(false)
  }

  #finish(isCutShort: boolean): void {
    const payloads = this.#payloads
    const rtpTime = this.#rtpTime ?? 0
    const isDamaged = this.#isDamaged || isCutShort
    this.#payloads = []
    this.#bytes = 0
    this.#rtpTime = undefined
    this.#isDamaged = false
    const frame = isDamaged ? undefined : this.#codec.frame(payloads)
    if (!frame) return
    if (this.#needsKeyframe && !frame.isKeyframe) return
    this.#needsKeyframe = false
    this.#emit(frame, rtpTime)
  }

  #damage(): void {
    if (this.#codec.kind === 'audio') return
    // Which frame the loss hit can't be known: the one before may lack its end, the one that comes its beginning.
    this.#isDamaged = true
    this.#needsKeyframe = true
    this.#lost()
  }
}
