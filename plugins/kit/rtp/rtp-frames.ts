/** Reads RTP packets off a pipeline's output, each behind its length. @see RFC 4571 */
export class RtpFrames {
  readonly #onPacket: (packet: Buffer) => void
  #rest: Buffer = Buffer.alloc(0)

  constructor(onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket
  }

  push(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (at + 2 <= all.length) {
      const end = at + 2 + all.readUInt16BE(at)
      if (end > all.length) break
      this.#onPacket(all.subarray(at + 2, end))
      at = end
    }
    this.#rest = all.subarray(at)
  }
}
