import type { Caller } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import { MediaError } from '../core/kernel/errors.ts'

/**
 * Lets everybody in who showed a credential for the API, whatever it allows.
 *
 * @throws {MediaError} `UNAUTHENTICATED`, or `FORBIDDEN` to join tokens: they lead into rooms.
 */
export function requireCredential(caller: Caller): void {
  if (caller.kind === 'ANONYMOUS') requireGrant(caller, 'OBSERVE')
  if (caller.kind === 'JOIN') throw new MediaError('FORBIDDEN')
}
