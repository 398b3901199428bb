/**
 * Reads bits, most significant first. Past the end it reads zeros and says so in `overrun`, so that a parser checks once at
 * its end and not at every step.
 */
export class BitReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get overrun(): boolean {
    return this.#at > this.#bytes.length * 8
  }

  /** @param count At most 32. */
  bits(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 2 + this.bit()
    return value
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0
    const bit = (byte >> (7 - (this.#at & 7))) & 1
    this.#at++
    return bit
  }

  skip(count: number): void {
    this.#at += count
  }

  /** An unsigned Exp-Golomb code, at most 32 bits. @see H.264 section 9.1 */
  ue(): number {
    let zeros = 0
    while (this.bit() === 0) {
      if (++zeros > 31 || this.overrun) return 0
    }
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** A signed Exp-Golomb code. @see H.264 section 9.1.1 */
  se(): number {
    const code = this.ue()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}

/** A NAL unit's payload without the 0x03 bytes that keep start codes out of it. @see H.264 section 7.4.1 */
export function withoutEmulationPrevention(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length)
  let length = 0
  let zeros = 0
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    out[length++] = byte
  }
  return out.subarray(0, length)
}
