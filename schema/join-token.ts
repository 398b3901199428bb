import type { JoinToken } from '../core/access/join-tokens.ts'
import { builder } from './builder.ts'
import { given } from './given.ts'
import { roomOfAppTarget, type Target } from './targets.ts'

const JoinTokenType = builder.objectRef<JoinToken>('JoinToken').implement({
  description: "What somebody presents to take part in one room: LiveKit's access token, which is kept nowhere.",
  fields: (t) => ({
    token: t.exposeString('token', { description: 'The token: a secret of whoever joins.' }),
    app: t.exposeString('app', { description: 'Name of the app.' }),
    room: t.exposeString('room', { description: 'Full name of the room.' }),
    identity: t.exposeString('identity', { description: 'Who presents it is that in the room.' }),
    hidden: t.exposeBoolean('hidden', { description: 'Whether nobody else in the room is told.' }),
    audioOnly: t.exposeBoolean('audioOnly', { description: 'Whether it is about sound alone.' }),
    adaptive: t.exposeBoolean('adaptive', { description: 'Whether players and publishers of the app are told of simulcast layers.' }),
    endsAt: t.expose('endsAt', { type: 'DateTime', description: 'Until when it lets in.' }),
  }),
})

const CreateJoinTokenInput = builder.inputType('CreateJoinTokenInput', {
  description: 'Whom a join token lets in where, and to do what.',
  fields: (t) => ({
    app: t.string({ required: true, description: 'Name of the app.' }),
    room: t.string({ description: "The room, by full or app-local name; absent: the app's own." }),
    identity: t.string({ description: 'Who it is in the room, 120 characters at most; absent: one that nobody else has.' }),
    name: t.string({ description: 'What people call it, 120 characters at most.' }),
    metadata: t.string({ description: 'Whatever its owner wants to say about it, 2000 characters at most.' }),
    canPublish: t.boolean({ description: 'Whether it may publish; absent: unless it is hidden or records.' }),
    canSubscribe: t.boolean({ description: 'Whether it gets what others publish; absent: yes.' }),
    ttl: t.string({ description: 'How long it lets in, such as 90s, 10m, 6h or 30d; absent: 6h.' }),
    hidden: t.boolean({ description: "Whether nobody else is told of it; counts only where the app's `hiddenQc` is on." }),
    recorder: t.boolean({ description: 'Whether it records.' }),
    audioOnly: t.boolean({ description: 'Whether it may publish sound alone.' }),
  }),
})

/** The room that the input names; the app's own when it names none. */
const inputTarget: Target = ({ input }, context) => {
  const { app, room } = input as { app: string; room?: string | null }
  return roomOfAppTarget({ app, room: room ?? '' }, context, undefined)
}

const audience = {
  app: { required: true as const, description: 'Name of the app.' },
  room: { required: true as const, description: 'The room, by full or app-local name.' },
}

builder.mutationFields((t) => ({
  createJoinToken: t.field({
    type: JoinTokenType,
    description: 'Makes a token with which somebody joins a room.',
    extensions: { grant: 'stream:write', target: inputTarget },
    args: { input: t.arg({ type: CreateJoinTokenInput, required: true, description: 'Whom it lets in.' }) },
    resolve: (_root, { input: { app, ...input } }, { core, caller }) => core.joinTokens.create({ app, ...given(input) }, caller),
  }),
  createPlayToken: t.field({
    type: JoinTokenType,
    description: "Makes a token with which somebody watches a room unseen. Anybody may ask, while the app's `publicPlayback` is on.",
    extensions: { grant: 'CHECKED' },
    args: { app: t.arg.string(audience.app), room: t.arg.string(audience.room) },
    resolve: (_root, { app, room }, { core }) => core.joinTokens.createForPlaying(app, room),
  }),
  createListenToken: t.field({
    type: JoinTokenType,
    description: "Makes a token with which somebody listens to a room unseen. Anybody may ask, while the app's `publicPlayback` is on.",
    extensions: { grant: 'CHECKED' },
    args: { app: t.arg.string(audience.app), room: t.arg.string(audience.room) },
    resolve: (_root, { app, room }, { core }) => core.joinTokens.createForListening(app, room),
  }),
}))
