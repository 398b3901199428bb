/** Takes one RTP payload in pieces; `last` marks the end of a frame. */
export type Emit = (payload: Buffer[], last: boolean) => void

/** Makes RTP payloads of one codec's frames, as FLV stores them. */
export interface Packer {
  /** @param record What the sequence header holds; again whenever it changes. */
  configure(record: Buffer): void
  pack(frame: Buffer, isKeyframe: boolean, emit: Emit): void
}
