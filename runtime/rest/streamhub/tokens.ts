import { z } from 'zod'
import { Answer } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { body } from './reply.ts'
import { route } from './route.ts'

const LIST = '{ tokens { number name app appNumber lastUsedAt createdAt revokedAt } }'
const CREATE = `mutation ($name: String!, $appNumber: Int, $allowedIps: [String!]) {
  createToken(name: $name, grants: [MANAGE], appNumber: $appNumber, allowedIps: $allowedIps) { secret token { number } }
}`
const REVOKE = 'mutation ($id: ID!) { revokeToken(id: $id) { number } }'

type Listed = {
  number: number
  name: string
  app: string | null
  appNumber: number | null
  lastUsedAt: string | null
  createdAt: string
  revokedAt: string | null
}
type Created = { createToken: { secret: string; token: { number: number } } }

const TokenRow = z.object({
  id: z.int(),
  name: z.string(),
  scope: z.enum(['global', 'app']),
  appId: z.int().nullable().describe('Number of the app; null for global tokens.'),
  lastUsedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  revoked: z.boolean(),
})

const NewToken = z
  .object({
    name: z.string().min(1).max(100).describe('What it is for.'),
    scope: z.enum(['global', 'app']).describe('Every app, or one.'),
    appId: z.int().min(1).max(2_147_483_647).nullish().describe('Number of the app; with the scope app.'),
    allowedIps: z.array(z.string()).nullish().describe('IPv4 and IPv6 addresses and CIDR ranges it may be presented from; default: any.'),
  })
  .superRefine(({ scope, appId }, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', path: ['appId'], message })
    if (scope === 'app' && appId == null) issue('is required for tokens of one app')
    if (scope === 'global' && appId != null) issue('is not possible for global tokens')
  })

const TokenParams = z.object({
  id: z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be an integer number')
    .describe('Number of the token.'),
})

/** API tokens, for those who manage the whole server. */
export const tokens: RouteTable<Access, Who> = {
  'GET /tokens': route({
    summary: 'List API tokens',
    description: 'Newest first, revoked ones too; never their secrets.',
    access: 'GLOBAL',
    document: LIST,
    reply: (data: { tokens: Listed[] }) => data.tokens.map(toRow).reverse(),
    success: { 200: { description: 'The tokens.', schema: z.array(TokenRow) } },
  }),
  'POST /tokens': route({
    summary: 'Create an API token',
    description: 'It may do everything: on the server, or in one app. Its secret is told this once.',
    access: 'GLOBAL',
    body: body(NewToken),
    document: CREATE,
    variables: ({ body: { name, appId, allowedIps } }) => ({ name, appNumber: appId ?? null, allowedIps: allowedIps ?? null }),
    reply: ({ createToken: { secret, token } }: Created) => ({ id: token.number, token: secret }),
    success: { 201: { description: 'The token.', schema: z.object({ id: z.int(), token: z.string().describe('`sk_…`') }) } },
    errors: { 400: 'a field breaks a rule, or there is no such app' },
  }),
  'DELETE /tokens/{id}': route({
    summary: 'Revoke an API token',
    description: 'It stays listed, and counts no more from this moment on.',
    access: 'GLOBAL',
    params: TokenParams,
    document: REVOKE,
    variables: ({ params: { id } }) => ({ id }),
    reply: () => new Answer(204),
    success: { 204: { description: 'It is revoked.' } },
    errors: { 400: 'the id is no integer', 404: 'no such token' },
  }),
}

function toRow({ number: id, name, app, appNumber: appId, lastUsedAt, createdAt, revokedAt }: Listed): z.infer<typeof TokenRow> {
  return { id, name, scope: app === null ? 'global' : 'app', appId, lastUsedAt, createdAt, revoked: revokedAt !== null }
}
