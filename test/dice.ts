/** What a careless or a hostile client might send, the same again for the same seed. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, and not including, 1. */
  next(): number {
    // Mulberry32: small, and good enough to choose test data by.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  whole(below: number): number {
    return Math.floor(this.next() * below)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(values.length)] as T
  }

  word(): string {
    return Array.from({ length: 1 + this.whole(12) }, () => this.pick([...'abcdefghijklmnopqrstuvwxyz0123456789-_.'])).join('')
  }

  text(): string {
    return this.pick<() => string>([
      () => '',
      () => "' OR 1=1 --",
      () => '../../../etc/passwd',
      () => '%00\u0000\u0001',
      () => '😀'.repeat(this.whole(50)),
      () => '\ud800',
      () => 'a'.repeat(this.whole(5_000)),
      () => '<script>alert(1)</script>',
      () => '{{7*7}}',
      () => 'http://169.254.169.254/latest/meta-data',
      () => 'file:///etc/passwd',
      () => '__proto__',
      () => this.word(),
      () => String.fromCharCode(...Array.from({ length: this.whole(40) }, () => this.whole(0xffff))),
    ])()
  }

  value(depth = 0): unknown {
    if (depth < 3 && this.chance(0.25)) {
      if (this.chance(0.5)) return Array.from({ length: this.whole(5) }, () => this.value(depth + 1))
      return Object.fromEntries(Array.from({ length: this.whole(5) }, () => [this.text(), this.value(depth + 1)]))
    }
    return this.pick<() => unknown>([
      () => this.text(),
      () => this.word(),
      () => this.whole(1_000) - 500,
      () => Number.MAX_SAFE_INTEGER,
      () => 1e308,
      () => -0.5,
      () => null,
      () => true,
      () => false,
    ])()
  }
}
