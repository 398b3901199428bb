import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HEADER_BYTES = 12
/** With the header 1200 bytes: what fits through a tunnel that leads to a browser. */
export const MAX_PAYLOAD_BYTES = 1200 - HEADER_BYTES
const SEND_BUFFER_BYTES = 4 << 20
/** Packets beyond this are dropped: the media worker is gone or stands still, and stale video helps nobody. */
const MAX_QUEUED_BYTES = 8 << 20

export type RtpSenderOptions = { ip: string; port: number; payloadType: number; clockRate: number }

/**
 * The one socket that a track's RTP leaves by. A media worker learns a single address per track, so whoever sends for the
 * track (its source, its bridge, a pipeline that was restarted) does so through here.
 */
export class RtpSender {
  readonly clockRate: number
  readonly payloadType: number
  readonly #socket: Socket
  /** Session time 0 as an RTP timestamp, the same for all streams of the track. */
  readonly #base = randomInt(2 ** 32)
  #closed = false
  /** Packets that were not sent. */
  dropped = 0
  /** Hears of the first packets of a stream, ever fewer of them: what a receiver has to be told early goes out then. */
  onEarlyPacket: (stream: RtpStream) => void = ignore

  static async open({ ip, port, payloadType, clockRate }: RtpSenderOptions): Promise<RtpSender> {
    const socket = createSocket({ type: 'udp4', sendBufferSize: SEND_BUFFER_BYTES })
    // Refused while the media worker is replaced: it comes back on the same port.
    socket.on('error', () => {})
    socket.connect(port, ip)
    await once(socket, 'connect')
    return new RtpSender(socket, payloadType, clockRate)
  }

  private constructor(socket: Socket, payloadType: number, clockRate: number) {
    this.#socket = socket
    this.payloadType = payloadType
    this.clockRate = clockRate
  }

  stream(ssrc: number): RtpStream {
    return new RtpStream(this, ssrc)
  }

  /** @param sessionMs May have fractions. */
  timestampAt(sessionMs: number): number {
    return (this.#base + Math.round((sessionMs * this.clockRate) / 1_000)) % 2 ** 32
  }

  /** Does nothing once it is closed: a pipeline may still have had something to say. */
  send(packet: Buffer[]): void {
    if (this.#closed) return
    if (this.#socket.getSendQueueSize() > MAX_QUEUED_BYTES) this.dropped++
    // Without a callback, which would cost a turn of the event loop for each packet.
    else this.#socket.send(packet)
  }

  close(): void {
    this.#closed = true
    this.#socket.close()
  }
}

/** One SSRC of a track: numbers its packets, and counts them for its sender reports. */
export class RtpStream {
  readonly sender: RtpSender
  readonly ssrc: number
  packets = 0
  octets = 0
  /** Session time of the last packet, in milliseconds. */
  lastMs = 0
  #sequence = randomInt(2 ** 16)

  constructor(sender: RtpSender, ssrc: number) {
    this.sender = sender
    this.ssrc = ssrc
  }

  send(payload: Buffer[], sessionMs: number, marker: boolean): void {
    const header = Buffer.allocUnsafe(HEADER_BYTES)
    header[0] = 0x80
    header[1] = this.sender.payloadType | (marker ? 0x80 : 0)
    header.writeUInt16BE(this.#sequence, 2)
    header.writeUInt32BE(this.sender.timestampAt(sessionMs), 4)
    header.writeUInt32BE(this.ssrc, 8)
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.packets++
    for (const part of payload) this.octets += part.length
    this.lastMs = sessionMs
    this.sender.send([header, ...payload])
    if (this.packets <= 64 && (this.packets & (this.packets - 1)) === 0) this.sender.onEarlyPacket(this)
  }
}

const ignore = () => {}
