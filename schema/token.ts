import { requireGrant } from '../core/access/require.ts'
import type { Token } from '../core/access/tokens.ts'
import type { App } from '../core/app/app.ts'
import type { Apps } from '../core/app/apps.ts'
import { MediaError } from '../core/kernel/errors.ts'
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
    number: t.exposeInt('number', { description: 'A short id: it counts up from 1, and is never used twice.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    grants: t.field({ type: [GrantEnum], description: 'What it allows.', resolve: ({ grants }) => [...grants] }),
    app: t.exposeString('app', { nullable: true, description: 'The one app it is limited to.' }),
    appNumber: t.int({
      nullable: true,
      description: 'The number of that app.',
      resolve: ({ app }, _args, { core }) => (app === undefined ? undefined : core.apps.find(app)?.number),
    }),
    room: t.exposeString('room', { nullable: true, description: 'The one room it is limited to, by full name.' }),
    allowedIps: t.stringList({
      description: 'Addresses and CIDR ranges it may be presented from; none: from anywhere.',
      resolve: ({ allowedIps }) => [...(allowedIps ?? [])],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'When it was presented last.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true, description: 'Since when it is worthless.' }),
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
    description: 'Every API token, revoked ones too, in the order in which they were created.',
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
      appNumber: t.arg.int({ description: 'The same by its number, in place of `app`.' }),
      room: t.arg.string({ description: 'The one room it is limited to, by full or app-local name; needs `app`.' }),
      allowedIps: t.arg.stringList({ description: 'Addresses and CIDR ranges it may be presented from; left out or none: from anywhere.' }),
    },
    resolve: (_root, { name, grants, app: named, appNumber, room, allowedIps }, { core }) => {
      const app = appNumber == null ? (named == null ? undefined : core.apps.get(named)) : appNumbered(core.apps, appNumber)
      const full = room == null ? undefined : app ? core.apps.roomName(app.name, room).name : room
      return core.tokens.create({
        name,
        grants: [...new Set(grants)],
        ...(app && { app: app.name }),
        ...(full !== undefined && { room: full }),
        ...(allowedIps && { allowedIps }),
      })
    },
  }),
  revokeToken: t.field({
    type: TokenType,
    description: 'Makes a token worthless at once. It stays listed, and revoking it again changes nothing.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or its number.' }) },
    resolve: (_root, { id }, { core }) => core.tokens.revoke(id),
  }),
}))

function appNumbered(apps: Apps, wanted: number): App {
  const app = apps.list().find(({ number }) => number === wanted)
  if (!app) throw new MediaError('INPUT_INVALID', { field: 'app', reason: 'must exist' })
  return app
}
