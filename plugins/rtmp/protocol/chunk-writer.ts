import type { RtmpMessage } from './message.ts'

const EXTENDED = 0xffffff

/** Cuts messages into chunks with full headers. What it sends is short and rare, so headers are not compressed. */
export class ChunkWriter {
  /** Bytes of payload per chunk; the peer must have been told by a set-chunk-size message, except of the first 128. */
  chunkSize = 128

  /**
   * @param chunkStreamId 2 to 63: 2 for protocol control, 3 for commands.
   * @returns Headers and slices of the payload, to be written in this order; nothing is copied.
   */
  write({ type, streamId, timestamp, payload }: RtmpMessage, chunkStreamId: number): Buffer[] {
    const extended = timestamp >= EXTENDED
    const header = Buffer.alloc(extended ? 16 : 12)
    header[0] = chunkStreamId
    header.writeUIntBE(extended ? EXTENDED : timestamp, 1, 3)
    header.writeUIntBE(payload.length, 4, 3)
    header[7] = type
    header.writeUInt32LE(streamId, 8)
    const following = Buffer.alloc(extended ? 5 : 1, 0xc0 | chunkStreamId)
    if (extended) {
      header.writeUInt32BE(timestamp, 12)
      following.writeUInt32BE(timestamp, 1)
    }

    const parts: Buffer[] = [header]
    for (let at = 0; at < payload.length; at += this.chunkSize) {
      if (at > 0) parts.push(following)
      parts.push(payload.subarray(at, at + this.chunkSize))
    }
    return parts
  }
}
