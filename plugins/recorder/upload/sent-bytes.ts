import { createHash, type Hash } from 'node:crypto'

/** What an object has to be if it is what was sent, in the ways that servers tell it. */
export type Fingerprint = {
  readonly sizeBytes: number
  /** Base64, as `x-amz-checksum-sha256` tells it; of an object in parts, the hash of the hashes of its parts, and their count. */
  readonly sha256: string
  /** Hexadecimal, as an `ETag` may tell it: of the whole, and of the hashes of its parts. */
  readonly md5: readonly string[]
}

/** Counts and hashes what is sent, part by part. */
export class SentBytes {
  readonly #partBytes: number
  readonly #whole = createHash('md5')
  readonly #parts: { readonly sha256: Buffer; readonly md5: Buffer }[] = []
  #part = startPart()
  #sizeBytes = 0

  constructor(partBytes: number) {
    this.#partBytes = partBytes
  }

  /** The same bytes, once they are counted. */
  async *through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.#add(chunk)
      yield chunk
    }
  }

  /** To be asked once, after everything went through. */
  fingerprint(): Fingerprint {
    if (this.#part.sizeBytes > 0 || this.#parts.length === 0) this.#endPart()
    const whole = this.#whole.digest('hex')
    const [only] = this.#parts
    if (only && this.#parts.length === 1) return { sizeBytes: this.#sizeBytes, sha256: only.sha256.toString('base64'), md5: [whole] }
    const sha256 = this.#ofParts('sha256').digest('base64')
    const md5 = this.#ofParts('md5').digest('hex')
    const count = this.#parts.length
    return { sizeBytes: this.#sizeBytes, sha256: `${sha256}-${count}`, md5: [`${md5}-${count}`, whole] }
  }

  #add(chunk: Buffer): void {
    this.#whole.update(chunk)
    this.#sizeBytes += chunk.length
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + this.#partBytes - this.#part.sizeBytes)
      this.#part.sha256.update(piece)
      this.#part.md5.update(piece)
      this.#part.sizeBytes += piece.length
      at += piece.length
      if (this.#part.sizeBytes === this.#partBytes) this.#endPart()
    }
  }

  #endPart(): void {
    this.#parts.push({ sha256: this.#part.sha256.digest(), md5: this.#part.md5.digest() })
    this.#part = startPart()
  }

  #ofParts(algorithm: 'sha256' | 'md5'): Hash {
    const hash = createHash(algorithm)
    for (const part of this.#parts) hash.update(part[algorithm])
    return hash
  }
}

function startPart() {
  return { sha256: createHash('sha256'), md5: createHash('md5'), sizeBytes: 0 }
}
