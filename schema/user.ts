import type { User } from '../core/access/users.ts'
import { PLATFORM } from '../core/app/apps.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { given } from './given.ts'
import { RoleEnum, UserType } from './login-refs.ts'
import { namedTenantTarget, type Target } from './targets.ts'

UserType.implement({
  description: 'Somebody who logs in. What the role allows ends with the apps of the tenant.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique id.' }),
    email: t.exposeString('email', { description: 'The address with which the user logs in, in lower case.' }),
    tenant: t.exposeString('tenant', { description: 'Name of the tenant.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What the user may do there.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was created.' }),
  }),
})

/** Of a field that names a user by its id. */
const tenantOfUser: Target = ({ id }, { core }) => ({ tenant: core.users.get(String(id)).tenant })

builder.queryField('users', (t) =>
  t.field({
    type: [UserType],
    description: 'Every user, by address.',
    extensions: { grant: 'tenant:read', target: namedTenantTarget },
    args: { tenant: t.arg.string({ description: 'Only those of this tenant; for limited callers: of their own.' }) },
    resolve: (_root, { tenant }, { core, caller }) => usersOf(core.users.list(), tenant ?? caller.tenant),
  }),
)

builder.mutationFields((t) => ({
  createUser: t.field({
    type: UserType,
    description: 'Creates a user.',
    extensions: { grant: 'tenant:write', target: namedTenantTarget },
    args: {
      email: t.arg.string({ required: true, description: 'The address with which the user logs in.' }),
      password: t.arg.string({ required: true, description: '8 to 200 characters.' }),
      role: t.arg({ type: RoleEnum, required: true, description: 'What the user may do.' }),
      tenant: t.arg.string({ description: "The user's tenant; left out: the caller's own, or `platform`." }),
    },
    resolve: (_root, { tenant, ...user }, { core, caller }) => core.users.create({ ...user, tenant: tenant ?? caller.tenant ?? PLATFORM }),
  }),
  updateUser: t.field({
    type: UserType,
    description: 'Changes a user. A new password ends all sessions of the user.',
    extensions: { grant: 'tenant:write', target: tenantOfUser },
    args: {
      id: t.arg.id({ required: true, description: 'Id of the user.' }),
      email: t.arg.string({ description: 'A new address.' }),
      password: t.arg.string({ description: 'A new password, 8 to 200 characters.' }),
      role: t.arg({ type: RoleEnum, description: 'A new role.' }),
    },
    resolve: (_root, { id, ...change }, { core }) => core.users.update(id, given(change)),
  }),
  deleteUser: t.field({
    type: UserType,
    description: 'Deletes a user, and ends all sessions of the user at once.',
    extensions: { grant: 'tenant:write', target: tenantOfUser },
    args: { id: t.arg.id({ required: true, description: 'Id of the user.' }) },
    resolve: (_root, { id }, { core }: Context) => core.users.delete(id),
  }),
}))

function usersOf(users: User[], tenant: string | undefined): User[] {
  return tenant === undefined ? users : users.filter((user) => user.tenant === tenant)
}
