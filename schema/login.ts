import type { Caller } from '../core/access/caller.ts'
import { isLimited } from '../core/access/caller.ts'
import type { LoginSession } from '../core/access/login-sessions.ts'
import type { Login } from '../core/access/logins.ts'
import { requireGrant } from '../core/access/require.ts'
import type { Core } from '../core/core.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { builder } from './builder.ts'
import { requireCredential } from './credentialed.ts'
import { GrantEnum } from './enums.ts'
import { LoginSessionType, UserType } from './login-refs.ts'

const CallerKindEnum = builder.enumType('CallerKind', {
  description: 'What a caller shows to be let in.',
  values: {
    TOKEN: { description: 'An API token, or a credential of another system that this server knows.' },
    USER: { description: 'A login.' },
  } as const,
})

LoginSessionType.implement({
  description: 'A login that lasts.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique id.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'Who logged in; null: the administrator whom the environment names.',
      resolve: ({ user }, _args, { core }) => (user === undefined ? undefined : core.users.find(user)),
    }),
    remoteAddress: t.exposeString('remoteAddress', { nullable: true, description: 'From where.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', description: 'Until when, at the latest.' }),
    current: t.boolean({
      description: 'Whether it is the one with which this is asked.',
      resolve: ({ id }, _args, { caller }) => caller.id === id,
    }),
  }),
})

const LoginType = builder.objectRef<Login>('Login').implement({
  description: 'A session and its token.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'What to present as `Authorization: Bearer`, for twelve hours at most.' }),
    session: t.expose('session', { type: LoginSessionType, description: 'The session.' }),
  }),
})

const MeType = builder.objectRef<Caller>('Me').implement({
  description: 'Whoever asks, and what it may do.',
  fields: (t) => ({
    id: t.id({
      description: 'Id of the token or of the user; the name of the administrator whom the environment names.',
      resolve: (caller, _args, { core: { logins } }) => {
        const session = logins.sessionOf(caller)
        return session ? logins.subjectOf(session) : caller.id
      },
    }),
    kind: t.field({ type: CallerKindEnum, description: 'What it shows.', resolve: ({ kind }) => (kind === 'USER' ? 'USER' : 'TOKEN') }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user, where it is one who has logged in.',
      resolve: (caller, _args, { core }) => core.logins.userOf(caller),
    }),
    grants: t.field({ type: [GrantEnum], description: 'What it may do.', resolve: ({ grants }) => [...grants] }),
    permissions: t.stringList({
      description: 'What it may do besides, such as `stream:stop`.',
      resolve: ({ permissions }) => [...(permissions ?? [])],
    }),
    tenant: t.string({
      nullable: true,
      description: 'The one tenant that its rights end with; null: they do not end with any.',
      resolve: ({ tenant, app }, _args, { core }) => tenant ?? (app === undefined ? undefined : core.apps.find(app)?.tenant),
    }),
    app: t.exposeString('app', { nullable: true, description: 'The one app that its rights end with.' }),
    room: t.exposeString('room', { nullable: true, description: 'The one room that its rights end with, by full name.' }),
  }),
})

builder.queryFields((t) => ({
  me: t.field({
    type: MeType,
    description: 'Whoever asks.',
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { caller }) => {
      requireCredential(caller)
      return caller
    },
  }),
  signUpAllowed: t.boolean({
    description: 'Whether strangers may make an account and a tenant of their own.',
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { core }) => core.logins.signUpAllowed,
  }),
  loginSessions: t.field({
    type: [LoginSessionType],
    description: "The caller's own sessions that last, the oldest first; everybody's, to those who manage the server.",
    extensions: { grant: 'CHECKED' },
    resolve: (_root, _args, { core, caller }) => sessionsFor(core, caller),
  }),
}))

const secret = (description: string) => ({ required: true, description }) as const

builder.mutationFields((t) => ({
  login: t.field({
    type: LoginType,
    description: 'Opens a session for a user, or for the administrator whom the environment names. Ten tries in a quarter of an hour.',
    extensions: { grant: 'CHECKED' },
    args: {
      user: t.arg.string(secret("The user's address, or the administrator's name.")),
      password: t.arg.string(secret('The password.')),
    },
    resolve: (_root, { user, password }, { core, caller }) => core.logins.login(user, password, caller.remoteAddress),
  }),
  signUp: t.field({
    type: LoginType,
    description: 'Makes an account that owns a tenant of its own, with the free plan, and logs it in. Where that is allowed.',
    extensions: { grant: 'CHECKED' },
    args: {
      email: t.arg.string(secret('The address with which the user will log in.')),
      password: t.arg.string(secret('8 to 200 characters.')),
    },
    resolve: (_root, { email, password }, { core, caller }) => core.logins.signUp(email, password, caller.remoteAddress),
  }),
  logout: t.boolean({
    description: "Ends the caller's session at once, with all its connections. False for callers who have none.",
    extensions: { grant: 'CHECKED' },
    resolve: async (_root, _args, { core, caller }) => {
      requireCredential(caller)
      const session = core.logins.sessionOf(caller)
      if (session) await core.logins.sessions.end(session.id)
      return session !== undefined
    },
  }),
  endLoginSession: t.field({
    type: LoginSessionType,
    description: "Ends one of the caller's own sessions; anybody's, for those who manage the server.",
    extensions: { grant: 'CHECKED' },
    args: { id: t.arg.id({ required: true, description: 'Id of the session.' }) },
    resolve: async (_root, { id }, { core, caller }) => {
      const session = sessionsFor(core, caller).find((one) => one.id === id)
      if (!session) throw new MediaError('NOT_FOUND', { session: id })
      await core.logins.sessions.end(id)
      return session
    },
  }),
}))

/** @throws {MediaError} `UNAUTHENTICATED` or `FORBIDDEN` for whoever has no sessions and does not manage the server. */
function sessionsFor({ logins }: Core, caller: Caller): LoginSession[] {
  if (caller.kind === 'USER' && isLimited(caller)) {
    const own = logins.sessionOf(caller)
    return own ? logins.sessions.list().filter(({ user }) => user === own.user) : []
  }
  requireGrant(caller, 'MANAGE')
  return logins.sessions.list()
}
