import { MediaError } from '../kernel/errors.ts'

const IDENTITY = /^[\w.@:+-]{1,128}$/

/** @throws {MediaError} `INPUT_INVALID` for what can be nobody's identity. */
export function checkIdentity(identity: string): void {
  if (!IDENTITY.test(identity))
    throw new MediaError('INPUT_INVALID', { field: 'identity', reason: '1 to 128 of the characters A-Z a-z 0-9 _ . @ : + -' })
}

/**
 * What a join token or an ingress calls somebody: those who make them may call people as they are called.
 *
 * @throws {MediaError} `INPUT_INVALID`
 */
export function checkGivenIdentity(identity: string): void {
  if (!identity.isWellFormed() || !/^[^\p{Cc}\u2028\u2029]{1,128}$/u.test(identity))
    throw new MediaError('INPUT_INVALID', { field: 'identity', reason: '1 to 128 characters on one line' })
}
