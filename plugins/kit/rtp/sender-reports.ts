import { createSocket, type Socket } from 'node:dgram'
import type { RtpStream } from './rtp-sender.ts'
import { type SessionClock, wallClockMs } from './session-clock.ts'

const INTERVAL_MS = 1_000
/** Seconds from 1900, where NTP counts from, to 1970. */
const NTP_EPOCH_S = 2_208_988_800

/** A track whose receivers are told how its RTP time relates to the wall clock. */
export type Reported = { ip: string; rtcpPort: number; cname: string; clock: SessionClock; streams: readonly RtpStream[] }

/**
 * Sends RTCP sender reports for every track, once a second: what lets viewers play audio and video in sync, and the media
 * worker change from one stream of a track to another without a jump.
 */
export class SenderReports {
  readonly #socket: Socket
  readonly #tracks = new Set<Reported>()
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#socket = createSocket('udp4')
    this.#socket.on('error', () => {})
    this.#timer = setInterval(() => {
      for (const track of this.#tracks) this.send(track)
    }, INTERVAL_MS)
  }

  /** Reports until the answered function is called. */
  add(track: Reported): () => void {
    this.#tracks.add(track)
    return () => this.#tracks.delete(track)
  }

  send({ ip, rtcpPort, cname, clock, streams }: Reported): void {
    for (const stream of streams) {
      if (stream.packets > 0) this.#socket.send(senderReport(stream, clock, cname), rtcpPort, ip, () => {})
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}

/** An SR and its SDES, as one compound packet. @see RFC 3550 sections 6.4.1 and 6.5 */
function senderReport(stream: RtpStream, clock: SessionClock, cname: string): Buffer {
  const name = Buffer.from(cname)
  // The chunk ends with at least one zero byte, on a 32-bit boundary.
  const chunkBytes = Math.ceil((4 + 2 + name.length + 1) / 4) * 4
  const report = Buffer.alloc(28 + 4 + chunkBytes)
  const nowMs = wallClockMs()
  report[0] = 0x80
  report[1] = 200
  report.writeUInt16BE(6, 2)
  report.writeUInt32BE(stream.ssrc, 4)
  report.writeUInt32BE((Math.floor(nowMs / 1_000) + NTP_EPOCH_S) % 2 ** 32, 8)
  report.writeUInt32BE(Math.floor(((nowMs % 1_000) / 1_000) * 2 ** 32), 12)
  report.writeUInt32BE(stream.sender.timestampAt(clock.nowMs), 16)
  report.writeUInt32BE(stream.packets % 2 ** 32, 20)
  report.writeUInt32BE(stream.octets % 2 ** 32, 24)
  report[28] = 0x81
  report[29] = 202
  report.writeUInt16BE(chunkBytes / 4, 30)
  report.writeUInt32BE(stream.ssrc, 32)
  report[36] = 1
  report[37] = name.length
  name.copy(report, 38)
  return report
}
