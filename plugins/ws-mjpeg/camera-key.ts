import { createHash, randomBytes } from 'node:crypto'

export const KEY_PREFIX = 'wsk_'
const HINT_CHARS = 8

/** What lets one camera into one room. The key itself is not kept. */
export type CameraKey = {
  readonly id: string
  readonly app: string
  /** Full name. */
  readonly room: string
  /** Whom the camera publishes as when it does not say. */
  readonly identity: string
  /** How the key begins. */
  readonly keyHint: string
  readonly createdAt: Date
}

export function newSecret(): { id: string; secret: string; keyHash: string; keyHint: string } {
  const secret = KEY_PREFIX + randomBytes(24).toString('base64url')
  return { id: `wsi_${randomBytes(6).toString('hex')}`, secret, keyHash: hashOf(secret), keyHint: secret.slice(0, HINT_CHARS) }
}

/** Keys are found by this, so that the time it takes tells nothing about them. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
