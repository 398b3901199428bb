import type { Permission } from '../kernel/permission.ts'
import type { Caller } from './caller.ts'

/** What a user may do in the apps of its tenant. */
const ROLES = ['OWNER', 'EDITOR', 'VIEWER'] as const
export type Role = (typeof ROLES)[number]

const EDITS: readonly Permission[] = [
  'app:create',
  'app:write',
  'config:write',
  's3:write',
  'stream:write',
  'stream:start',
  'stream:stop',
  'stream:delete',
  'recording:start',
  'recording:stop',
  'recording:write',
  'vod:write',
  'vod:delete',
  'broadcast:start',
  'broadcast:stop',
  'broadcast:write',
  'sample:write',
  'ingress:create',
  'ingress:write',
  'ingress:delete',
]

/** The rights that come with each role. */
export const RIGHTS: Readonly<Record<Role, Pick<Caller, 'grants' | 'permissions'>>> = {
  OWNER: { grants: ['MANAGE'] },
  EDITOR: { grants: ['OBSERVE', 'PUBLISH', 'PLAY'], permissions: EDITS },
  VIEWER: { grants: ['OBSERVE', 'PLAY'] },
}
