import type { Emit } from '../../kit/rtp/h264-payload.ts'

/** Makes RTP payloads of one codec's frames, as FLV stores them. */
export interface Packer {
  /** @param record What the sequence header holds; again whenever it changes. */
  configure(record: Buffer): void
  pack(frame: Buffer, isKeyframe: boolean, emit: Emit): void
}
