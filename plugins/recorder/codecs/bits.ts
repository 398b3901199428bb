/** Reads bits, the highest first; zeros beyond the end. */
export class Bits {
  readonly #data: Buffer
  #at = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  /** @param count Up to 32. */
  read(count: number): number {
    let value = 0
    for (let index = 0; index < count; index++, this.#at++) {
      const byte = this.#data[this.#at >> 3] ?? 0
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1)
    }
    return value
  }

  flag(): boolean {
    return this.read(1) === 1
  }

  skip(count: number): void {
    this.#at += count
  }

  /** Exponential-Golomb, unsigned. @see ITU-T H.264 section 9.1 */
  golomb(): number {
    let zeros = 0
    while (zeros < 32 && this.#at < this.#data.length * 8 && !this.flag()) zeros++
    return 2 ** zeros - 1 + this.read(zeros)
  }

  signedGolomb(): number {
    const value = this.golomb()
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2
  }
}
