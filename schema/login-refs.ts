import type { LoginSession } from '../core/access/login-sessions.ts'
import type { User } from '../core/access/users.ts'
import { builder } from './builder.ts'

/** The types that users and their logins share. */
export const UserType = builder.objectRef<User>('User')
export const LoginSessionType = builder.objectRef<LoginSession>('LoginSession')

export const RoleEnum = builder.enumType('Role', {
  description: 'What a user may do in the apps of its tenant.',
  values: {
    OWNER: { description: 'Everything.' },
    EDITOR: { description: 'Everything but deleting apps and managing tokens and users.' },
    VIEWER: { description: 'Reading and watching.' },
  } as const,
})
