const SENDER_REPORT = 200
const GOODBYE = 203
/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_S = 2_208_988_800

/** What a compound RTCP packet says of its sender's time, and whether it takes its leave. @see RFC 3550 section 6 */
export function senderReportOf(rtcp: Buffer): { rtpTime: number | undefined; wallClockMs: number; goodbye: boolean } {
  let goodbye = false
  let rtpTime: number | undefined
  let wallClockMs = 0
  for (let at = 0; at + 4 <= rtcp.length; ) {
    const type = rtcp[at + 1]
    const bytes = (rtcp.readUInt16BE(at + 2) + 1) * 4
    if (type === GOODBYE) goodbye = true
    if (type === SENDER_REPORT && at + 20 <= rtcp.length && rtcp.readUInt32BE(at + 8) > 0) {
      wallClockMs = (rtcp.readUInt32BE(at + 8) - NTP_EPOCH_S + rtcp.readUInt32BE(at + 12) / 2 ** 32) * 1_000
      rtpTime = rtcp.readUInt32BE(at + 16)
    }
    at += bytes
  }
  return { rtpTime, wallClockMs, goodbye }
}
