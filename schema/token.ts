import { requireGrant } from '../core/access/require.ts'
import type { Token } from '../core/access/tokens.ts'
import { builder } from './builder.ts'
import { GrantEnum } from './enums.ts'

const TokenType = builder.objectRef<Token>('Token')

builder.node(TokenType, {
  description: 'An API token. Its secret is kept by nobody but its owner.',
  id: { resolve: ({ id }) => id, description: 'Unique id.' },
  loadOne: (id, { core, caller }) => {
    requireGrant(caller, 'MANAGE')
    return core.tokens.get(id)
  },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for.' }),
    grants: t.field({ type: [GrantEnum], description: 'What it allows.', resolve: ({ grants }) => [...grants] }),
    app: t.exposeString('app', { nullable: true, description: 'The one app it is limited to.' }),
    room: t.exposeString('room', { nullable: true, description: 'The one room it is limited to, by full name.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
})

const NewToken = builder.objectRef<{ token: Token; secret: string }>('NewToken').implement({
  description: 'A created token and its secret.',
  fields: (t) => ({
    token: t.expose('token', { type: TokenType, description: 'The token.' }),
    secret: t.exposeString('secret', { description: 'What its owner presents. It can not be read again.' }),
  }),
})

builder.queryField('tokens', (t) =>
  t.field({
    type: [TokenType],
    description: 'Every API token.',
    extensions: { grant: 'MANAGE' },
    resolve: (_root, _args, { core }) => core.tokens.list(),
  }),
)

builder.mutationFields((t) => ({
  createToken: t.field({
    type: NewToken,
    description: 'Creates an API token.',
    args: {
      name: t.arg.string({ required: true, description: 'What it is for.' }),
      grants: t.arg({ type: [GrantEnum], required: true, description: 'What it allows.' }),
      app: t.arg.string({ description: 'The one app it is limited to.' }),
      room: t.arg.string({ description: 'The one room it is limited to, by full or app-local name; needs `app`.' }),
    },
    resolve: (_root, { name, grants, app, room }, { core }) => {
      const place = app == null ? {} : { app: core.apps.get(app).name }
      const full = room == null ? undefined : app == null ? room : core.apps.roomName(app, room).name
      return core.tokens.create({ name, grants: [...new Set(grants)], ...place, ...(full !== undefined && { room: full }) })
    },
  }),
  revokeToken: t.field({
    type: TokenType,
    description: 'Makes a token worthless at once.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, { core }) => core.tokens.revoke(id),
  }),
}))
