import { MediaError } from '../kernel/errors.ts'
import { type AccessTarget, allows, type Caller, type Grant } from './caller.ts'

/**
 * @throws {MediaError} `UNAUTHENTICATED` when nobody in particular asks for what it may not do; `FORBIDDEN` when somebody does.
 */
export function requireGrant(caller: Caller, grant: Grant, target: AccessTarget = {}): void {
  if (allows(caller, grant, target)) return
  if (caller.kind === 'ANONYMOUS') throw new MediaError('UNAUTHENTICATED')
  throw new MediaError('FORBIDDEN', { grant, ...target })
}
