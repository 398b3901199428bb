const HEADER_BYTES = 12

export type FramedPacket = { payloadType: number; sequence: number; rtpTime: number; marker: boolean; payload: readonly Buffer[] }

/** What `application/x-rtp-stream` is: an RTP packet behind its length. In pieces, as the payload is. @see RFC 4571 section 2 */
export function framedPacket({ payloadType, sequence, rtpTime, marker, payload }: FramedPacket): Buffer[] {
  const head = Buffer.allocUnsafe(2 + HEADER_BYTES)
  head.writeUInt16BE(HEADER_BYTES + payload.reduce((sum, { length }) => sum + length, 0), 0)
  head[2] = 0x80
  head[3] = payloadType | (marker ? 0x80 : 0)
  head.writeUInt16BE(sequence & 0xffff, 4)
  head.writeUInt32BE(rtpTime >>> 0, 6)
  head.writeUInt32BE(1, 10)
  return [head, ...payload]
}
