/** The parts of an RTP packet that matter here. */
export type RtpPacket = { payload: Buffer; sequence: number; rtpTime: number; marker: boolean }

/** @returns undefined for what is no RTP. @see RFC 3550 section 5.1 */
export function rtpPacketOf(packet: Buffer): RtpPacket | undefined {
  if (packet.length < 12 || packet[0]! >> 6 !== 2) return undefined
  const hasExtension = (packet[0]! & 0x10) !== 0
  const padding = (packet[0]! & 0x20) !== 0 ? packet[packet.length - 1]! : 0
  let start = 12 + (packet[0]! & 0x0f) * 4
  if (hasExtension) {
    if (packet.length < start + 4) return undefined
    start += 4 + packet.readUInt16BE(start + 2) * 4
  }
  if (start + padding > packet.length) return undefined
  return {
    payload: packet.subarray(start, packet.length - padding),
    sequence: packet.readUInt16BE(2),
    rtpTime: packet.readUInt32BE(4),
    marker: (packet[1]! & 0x80) !== 0,
  }
}
