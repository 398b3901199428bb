import type { RtpPacket } from './rtp-packet.ts'

/** One coded picture with its parameter sets, in the order of decoding. */
export type H264Frame = { units: Buffer[]; sessionMs: number; isKeyframe: boolean }

const TYPE = 0x1f
const IDR = 5
const SPS = 7
const PPS = 8
const STAP_A = 24
const FU_A = 28
/** A frame that claims to be longer is given up. */
const MAX_FRAME_BYTES = 8 << 20

/** Puts frames together from RTP packets of H.264. @see RFC 6184 sections 5.6 to 5.8 */
export class H264Frames {
  readonly #emit: (frame: H264Frame) => void
  #units: Buffer[] = []
  #fragments: Buffer[] = []
  #bytes = 0
  #sessionMs: number | undefined
  #sequence: number | undefined
  #isDamaged = false

  constructor(emit: (frame: H264Frame) => void) {
    this.#emit = emit
  }

  push(packet: RtpPacket, sessionMs: number): void {
    if (this.#sequence !== undefined && packet.sequence !== ((this.#sequence + 1) & 0xffff)) this.#isDamaged = true
    this.#sequence = packet.sequence
    // Some senders forget the marker.
    if (this.#sessionMs !== undefined && this.#sessionMs !== sessionMs) this.#finish()
    this.#sessionMs = sessionMs
    this.#take(packet.payload)
    if (packet.marker) this.#finish()
  }

  #take(payload: Buffer): void {
    this.#bytes += payload.length
    if (payload.length < 2 || this.#bytes > MAX_FRAME_BYTES) {
      this.#isDamaged ||= this.#bytes > MAX_FRAME_BYTES
      return
    }
    const type = payload[0]! & TYPE
    if (type === FU_A) this.#takeFragment(payload)
    else if (type === STAP_A) this.#takeSeveral(payload)
    else this.#units.push(payload)
  }

  #takeSeveral(payload: Buffer): void {
    for (let at = 1; at + 2 < payload.length; ) {
      const length = payload.readUInt16BE(at)
      if (length === 0 || at + 2 + length > payload.length) break
      this.#units.push(payload.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
  }

  #takeFragment(payload: Buffer): void {
    const header = payload[1]!
    if ((header & 0x80) !== 0) this.#fragments = [Buffer.of((payload[0]! & 0xe0) | (header & TYPE))]
    else if (this.#fragments.length === 0) return
    this.#fragments.push(payload.subarray(2))
    if ((header & 0x40) === 0) return
    this.#units.push(Buffer.concat(this.#fragments))
    this.#fragments = []
  }

  #finish(): void {
    const { units, sessionMs } = { units: this.#units, sessionMs: this.#sessionMs ?? 0 }
    const isWhole = !this.#isDamaged && units.some((unit) => !isSet(unit))
    // Parameter sets that some send as a frame of their own belong to the next one.
    const waits = !this.#isDamaged && !isWhole
    if (!waits) this.#units = []
    this.#fragments = []
    this.#bytes = 0
    this.#sessionMs = undefined
    this.#isDamaged = false
    if (isWhole) this.#emit({ units, sessionMs, isKeyframe: units.some((unit) => (unit[0]! & TYPE) === IDR) })
  }
}

/** What a decoder is set up with. */
export function isSet(unit: Buffer): boolean {
  const type = unit[0]! & TYPE
  return type === SPS || type === PPS
}
