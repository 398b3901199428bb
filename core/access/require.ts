import { MediaError } from '../kernel/errors.ts'
import type { Permission } from '../kernel/permission.ts'
import { type AccessTarget, allows, type Caller, type Grant } from './caller.ts'

/**
 * @throws {MediaError} `UNAUTHENTICATED` when nobody in particular asks for what it may not do; `FORBIDDEN` when somebody does.
 */
export function requireGrant(caller: Caller, grant: Grant | Permission, target: AccessTarget = {}): void {
  if (allows(caller, grant, target)) return
  if (caller.kind === 'ANONYMOUS') throw new MediaError('UNAUTHENTICATED')
  throw new MediaError('FORBIDDEN', {
    grant,
    ...(target.app !== undefined && { app: target.app }),
    ...(target.room !== undefined && { room: target.room }),
  })
}
