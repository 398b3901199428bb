import { MediaError } from '../kernel/errors.ts'

const IDENTITY = /^[\w.@:+-]{1,128}$/

/** @throws {MediaError} `INPUT_INVALID` for what can be nobody's identity. */
export function checkIdentity(identity: string): void {
  if (!IDENTITY.test(identity))
    throw new MediaError('INPUT_INVALID', { field: 'identity', reason: '1 to 128 of the characters A-Z a-z 0-9 _ . @ : + -' })
}
