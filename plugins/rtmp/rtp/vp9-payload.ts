import { randomInt } from 'node:crypto'
import type { Emit } from '../../kit/rtp/h264-payload.ts'
import { MAX_PAYLOAD_BYTES } from '../../kit/rtp/rtp-sender.ts'
import type { Packer } from './packer.ts'

const HAS_PICTURE_ID = 0x80
const INTER_PICTURE = 0x40
const STARTS = 0x08
const ENDS = 0x04
const DESCRIPTOR_BYTES = 3

/** VP9 in one layer, with a picture id of 15 bits and no word on which pictures a frame needs. @see RFC 9628 section 4.2 */
export class Vp9Packer implements Packer {
  #pictureId = randomInt(2 ** 15)

  /** Its keyframes bring everything. */
  configure(): void {}

  pack(frame: Buffer, isKeyframe: boolean, emit: Emit): void {
    const step = MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES
    for (let at = 0; at < frame.length; at += step) {
      const ends = at + step >= frame.length
      const flags = HAS_PICTURE_ID | (isKeyframe ? 0 : INTER_PICTURE) | (at === 0 ? STARTS : 0) | (ends ? ENDS : 0)
      const descriptor = Buffer.of(flags, 0x80 | (this.#pictureId >> 8), this.#pictureId & 0xff)
      emit([descriptor, frame.subarray(at, at + step)], ends)
    }
    this.#pictureId = (this.#pictureId + 1) & 0x7fff
  }
}
