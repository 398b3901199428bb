import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { MediaError } from '../kernel/errors.ts'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** 32 MiB and about a tenth of a second. @see OWASP Password Storage Cheat Sheet, which asks for p = 3 with this N. */
const COST = { log2N: 15, r: 8, p: 3 }
const LENGTH = 32
/** Passwords that are looked at or wait for it; Node derives four of them at a time. */
const MOST_AT_ONCE = 64
/** What nobody's password leads to. */
const NOBODYS = kept(Buffer.alloc(16), Buffer.alloc(LENGTH))

let atOnce = 0

/**
 * How a password is kept: its scrypt hash, with salt and cost.
 *
 * @throws {MediaError} `OVERLOADED` when too many are waiting.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return kept(salt, await hashed(password, salt, COST))
}

/**
 * Whether this is the password that is kept so. Nobody's takes as long as somebody's, so that time does not tell who exists.
 *
 * @param keptAs Absent: there is nobody whose password it could be.
 * @throws {MediaError} `OVERLOADED` when too many are waiting.
 */
export async function verifyPassword(password: string, keptAs: string | undefined): Promise<boolean> {
  const [, log2N, r, p, salt = '', hash = ''] = (keptAs ?? NOBODYS).split('$')
  const expected = Buffer.from(hash, 'base64url')
  const actual = await hashed(password, Buffer.from(salt, 'base64url'), { log2N: Number(log2N), r: Number(r), p: Number(p) })
  return timingSafeEqual(actual, expected) && keptAs !== undefined
}

/** Whether two secrets are the same, without telling by time how long either is or where they differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

async function hashed(password: string, salt: Buffer, { log2N, r, p }: typeof COST): Promise<Buffer> {
  if (atOnce >= MOST_AT_ONCE) throw new MediaError('OVERLOADED', { reason: 'too many passwords are being checked' })
  atOnce++
  try {
    return await derive(password.normalize('NFKC'), salt, LENGTH, { N: 2 ** log2N, r, p, maxmem: 256 * 2 ** log2N * r })
  } finally {
    atOnce--
  }
}

function kept(salt: Buffer, hash: Buffer): string {
  return ['scrypt', COST.log2N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
