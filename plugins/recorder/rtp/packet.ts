const HEADER_BYTES = 12
const SENDER_REPORT = 200
/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_S = 2_208_988_800

/** The parts of an RTP packet that matter here. */
export type RtpPacket = { readonly sequence: number; readonly rtpTime: number; readonly marker: boolean; readonly payload: Buffer }

/** That at `atMs` of the sender's wall clock its RTP time was `rtpTime`. */
export type SenderReport = { readonly atMs: number; readonly rtpTime: number }

/** Whether it is RTCP, on a port that takes both. @see RFC 5761 section 4 */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0
  return type >= 192 && type <= 223
}

/** Undefined for what is no RTP, or carries nothing. @see RFC 3550 section 5.1 */
export function rtpPacketOf(packet: Buffer): RtpPacket | undefined {
  if (packet.length <= HEADER_BYTES || packet[0]! >> 6 !== 2) return undefined
  let start = HEADER_BYTES + (packet[0]! & 0x0f) * 4
  if ((packet[0]! & 0x10) !== 0) {
    if (packet.length < start + 4) return undefined
    start += 4 + packet.readUInt16BE(start + 2) * 4
  }
  const end = packet.length - ((packet[0]! & 0x20) !== 0 ? packet[packet.length - 1]! : 0)
  if (start >= end) return undefined
  return {
    payload: packet.subarray(start, end),
    sequence: packet.readUInt16BE(2),
    rtpTime: packet.readUInt32BE(4),
    marker: (packet[1]! & 0x80) !== 0,
  }
}

/** The first report of a compound packet; undefined when it has none. @see RFC 3550 section 6.4.1 */
export function senderReportOf(packet: Buffer): SenderReport | undefined {
  for (let at = 0; at + 4 <= packet.length; at += 4 + packet.readUInt16BE(at + 2) * 4) {
    if (packet[at + 1] !== SENDER_REPORT || at + 20 > packet.length) continue
    const seconds = packet.readUInt32BE(at + 8) - NTP_EPOCH_S
    return { atMs: seconds * 1_000 + (packet.readUInt32BE(at + 12) / 2 ** 32) * 1_000, rtpTime: packet.readUInt32BE(at + 16) }
  }
  return undefined
}
