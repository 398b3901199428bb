import { createHmac, randomBytes } from 'node:crypto'
import { ProtocolError } from './protocol-error.ts'

/** Bytes of C1, C2, S1 and S2 each. */
const BLOCK = 1536
const VERSION = 3
const DIGEST = 32

const SECRET = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex')
const PLAYER_NAME = Buffer.from('Genuine Adobe Flash Player 001')
const SERVER_NAME = Buffer.from('Genuine Adobe Flash Media Server 001')
const SERVER_KEY = Buffer.concat([SERVER_NAME, SECRET])

/** Where a digest can lie: the four bytes at `seed` add up to its offset behind them. */
const LAYOUTS = [{ seed: 772 }, { seed: 8 }] as const
const digestOffset = (block: Buffer, seed: number) =>
  ((block[seed]! + block[seed + 1]! + block[seed + 2]! + block[seed + 3]!) % 728) + seed + 4

/**
 * The server's side of the handshake. Takes bytes until C2 has come; nothing else is buffered.
 *
 * An encoder that signs its C1 (Flash Media Live Encoder, ffmpeg, some hardware) expects a signed answer and gets one;
 * everybody else gets the plain echo.
 *
 * @see Adobe RTMP 1.0 section 5.2; the signed form is not in it
 */
export class ServerHandshake {
  readonly #send: (bytes: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)
  #answered = false

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send
  }

  /**
   * @returns What followed C2, once C2 is complete; undefined until then.
   * @throws {ProtocolError} when it is not RTMP version 3 (TLS, HTTP and encrypted RTMP end here after one byte).
   */
  push(bytes: Buffer): Buffer | undefined {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    if (!this.#answered) {
      const version = this.#pending[0]
      if (version !== undefined && version !== VERSION) throw new ProtocolError(`RTMP version ${version} is not spoken here`)
      if (this.#pending.length < 1 + BLOCK) return undefined
      this.#send(answer(this.#pending.subarray(1, 1 + BLOCK)))
      this.#answered = true
    }
    if (this.#pending.length < 1 + 2 * BLOCK) return undefined
    return this.#pending.subarray(1 + 2 * BLOCK)
  }
}

/** S0, S1 and S2 for a C1. */
function answer(c1: Buffer): Buffer {
  const out = Buffer.alloc(1 + 2 * BLOCK)
  out[0] = VERSION
  const s1 = out.subarray(1, 1 + BLOCK)
  const s2 = out.subarray(1 + BLOCK)
  randomBytes(BLOCK - 8).copy(s1, 8)

  const signed = findDigest(c1)
  if (signed) {
    s1.writeUInt32BE(0x04050001, 4)
    signBlock(s1, signed.seed)
    randomBytes(BLOCK - DIGEST).copy(s2)
    const key = createHmac('sha256', SERVER_KEY).update(signed.digest).digest()
    createHmac('sha256', key)
      .update(s2.subarray(0, BLOCK - DIGEST))
      .digest()
      .copy(s2, BLOCK - DIGEST)
  } else {
    c1.copy(s2)
  }
  return out
}

function findDigest(c1: Buffer): { seed: number; digest: Buffer } | undefined {
  // A plain C1 has zero where a signed one names the player's version.
  if (c1.readUInt32BE(4) === 0) return undefined
  for (const { seed } of LAYOUTS) {
    const at = digestOffset(c1, seed)
    const digest = c1.subarray(at, at + DIGEST)
    if (digestAround(c1, at, PLAYER_NAME).equals(digest)) return { seed, digest }
  }
  return undefined
}

function signBlock(block: Buffer, seed: number): void {
  const at = digestOffset(block, seed)
  digestAround(block, at, SERVER_NAME).copy(block, at)
}

function digestAround(block: Buffer, at: number, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(block.subarray(0, at))
    .update(block.subarray(at + DIGEST))
    .digest()
}
