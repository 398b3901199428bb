import { z } from 'zod'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { body, DataOnly, dataOnly } from './reply.ts'
import { route } from './route.ts'

const LOGIN = 'mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { token } }'
const SIGN_UP = 'mutation ($email: String!, $password: String!) { signUp(email: $email, password: $password) { token } }'
const ME = '{ me { id kind grants tenant app user { email role } } }'
const SESSIONS = '{ loginSessions { id user { email } remoteAddress createdAt endsAt current } }'
const END_SESSION = 'mutation ($id: ID!) { endLoginSession(id: $id) { id } }'

type Me = {
  me: {
    id: string
    kind: 'TOKEN' | 'USER'
    grants: readonly string[]
    tenant: string | null
    app: string | null
    user: { email: string; role: string } | null
  }
}
type Session = {
  id: string
  user: { email: string } | null
  remoteAddress: string | null
  createdAt: string
  endsAt: string
  current: boolean
}

const Token = DataOnly(z.object({ token: z.string().describe('Session token: `Authorization: Bearer …`, for twelve hours.') }))
const Credentials = z.object({
  user: z.string().min(1).max(200).describe("The user's address, or the administrator's name."),
  password: z.string().min(1).max(200),
  code: z.string().max(10).nullish().describe('Nobody here is asked for one.'),
})
/** What is wrong with it is said only where people may sign up. */
const SignUp = z.object({
  email: z.string().max(1_000).catch('').describe('The address with which the user will log in.'),
  password: z.string().max(1_000).catch('').describe('8 to 200 characters.'),
})
const MeRow = z.object({
  userId: z.string().describe('Id of the user or the token, or the name of the administrator.'),
  tenantId: z.string(),
  role: z.enum(['superadmin', 'owner', 'editor', 'viewer', 'service']),
  isSuperadmin: z.boolean(),
  scope: z.enum(['global', 'app', 'user']),
  via: z.enum(['api_token', 'admin_jwt', 'user_jwt']),
  email: z.string().optional(),
})
const SessionRow = z.object({
  id: z.string(),
  email: z.string().nullable().describe('Null: the administrator.'),
  ip: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  current: z.boolean(),
})

const LIMITED = { 429: 'ten tries of an address in a quarter of an hour' }

/** Logging in, and who one is. */
export const auth: RouteTable<Access, Who> = {
  'POST /auth/login': route({
    summary: 'Log in',
    access: 'PUBLIC',
    body: body(Credentials),
    document: LOGIN,
    variables: ({ body: { user, password } }) => ({ user, password }),
    reply: ({ login }: { login: { token: string } }) => dataOnly(login),
    success: { 200: { description: 'A session.', schema: Token } },
    errors: { 400: 'a field breaks a rule', 401: 'wrong credentials, or nobody can log in here', ...LIMITED },
  }),
  'POST /auth/logout': route({
    summary: 'End the session with which this is asked',
    access: 'BEARER',
    document: 'mutation { logout }',
    reply: ({ logout }: { logout: boolean }) => dataOnly({ loggedOut: logout }),
    success: { 201: { description: 'Whether there was one.', schema: DataOnly(z.object({ loggedOut: z.boolean() })) } },
  }),
  'GET /auth/me': route({
    summary: 'Who one is',
    access: 'BEARER',
    document: ME,
    reply: ({ me }: Me) => dataOnly(toMe(me)),
    success: { 200: { description: 'Whoever asks.', schema: DataOnly(MeRow) } },
  }),
  'GET /auth/config': route({
    summary: 'How people get in',
    access: 'PUBLIC',
    document: '{ signUpAllowed }',
    reply: (data: { signUpAllowed: boolean }) => dataOnly({ allowSignup: data.signUpAllowed }),
    success: { 200: { description: 'Whether strangers may sign up.', schema: DataOnly(z.object({ allowSignup: z.boolean() })) } },
  }),
  'POST /auth/signup': route({
    summary: 'Make an account and a tenant of its own',
    access: 'PUBLIC',
    body: body(SignUp),
    document: SIGN_UP,
    variables: ({ body: account }) => account,
    reply: ({ signUp }: { signUp: { token: string } }) => dataOnly(signUp),
    success: { 201: { description: 'A session of the new account.', schema: Token } },
    errors: { 400: 'a field breaks a rule', 403: 'strangers may not sign up here', 409: 'the address is taken', ...LIMITED },
  }),
  'POST /auth/magic-link': route({
    summary: 'Ask for a link to log in',
    description: 'This server sends no mail.',
    access: 'ATTEMPT',
    body: body(z.object({ email: z.email().max(200).describe('Where it should be sent.') })),
    reply: () => {
      throw new MediaError('MAIL_UNAVAILABLE')
    },
    success: { 200: { description: 'It was sent.' } },
    errors: { 400: 'a field breaks a rule', 503: 'no mail is sent', ...LIMITED },
  }),
  'POST /auth/magic/verify': route({
    summary: 'Log in by a link',
    description: 'This server sends no mail, so that there is no link that would let anybody in.',
    access: 'ATTEMPT',
    body: body(z.object({ token: z.string().min(1).max(500).describe('What the link holds.') })),
    reply: () => {
      throw new MediaError('UNAUTHENTICATED')
    },
    success: { 200: { description: 'A session.', schema: Token } },
    errors: { 400: 'a field breaks a rule', 401: 'no such link', ...LIMITED },
  }),
  'GET /auth/sessions': route({
    summary: "List one's own sessions",
    description: 'Those who manage the server see everybody’s.',
    access: 'BEARER',
    document: SESSIONS,
    reply: ({ loginSessions }: { loginSessions: Session[] }) => dataOnly(loginSessions.map(toSession)),
    success: { 200: { description: 'The sessions that last, the oldest first.', schema: DataOnly(z.array(SessionRow)) } },
    errors: { 403: 'whoever asks has no sessions' },
  }),
  'DELETE /auth/sessions/{id}': route({
    summary: 'End a session',
    access: 'BEARER',
    params: z.object({ id: z.string().describe('Id of the session.') }),
    document: END_SESSION,
    variables: ({ params: { id } }) => ({ id }),
    reply: ({ endLoginSession: { id } }: { endLoginSession: { id: string } }) => dataOnly({ id, revoked: true }),
    success: { 200: { description: 'It has ended.', schema: DataOnly(z.object({ id: z.string(), revoked: z.boolean() })) } },
    errors: { 403: 'whoever asks has no sessions', 404: 'no such session of theirs' },
  }),
}

function toMe({ id: userId, kind, grants, tenant, app, user }: Me['me']): z.infer<typeof MeRow> {
  const isSuperadmin = grants.includes('MANAGE') && tenant === null && app === null
  const role = isSuperadmin ? 'superadmin' : user ? (user.role.toLowerCase() as 'owner' | 'editor' | 'viewer') : 'service'
  const scope = user ? 'user' : app === null ? 'global' : 'app'
  const via = kind === 'TOKEN' ? 'api_token' : user ? 'user_jwt' : 'admin_jwt'
  return { userId, tenantId: tenant ?? 'platform', role, isSuperadmin, scope, via, ...(user && { email: user.email }) }
}

function toSession({ id, user, remoteAddress, createdAt, endsAt, current }: Session): z.infer<typeof SessionRow> {
  return { id, email: user?.email ?? null, ip: remoteAddress, createdAt, expiresAt: endsAt, current }
}
