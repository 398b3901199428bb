import type { Core } from '../core/core.ts'
import { Feed } from '../core/kernel/feed.ts'
import { OVERLAY_POSITIONS } from '../core/player/overlay.ts'
import type { ShownOverlay } from '../core/player/overlays.ts'
import type { PlayerState } from '../core/player/players.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { events } from './events.ts'
import { given } from './given.ts'
import { RoomMessageType } from './room-data.ts'

const Position = builder.enumType('OverlayPosition', {
  description: 'Where an overlay stands in the picture.',
  values: Object.fromEntries(
    OVERLAY_POSITIONS.map((name) => [name, { description: `${name[0]}${name.slice(1).toLowerCase().replace('_', ' ')}.` }]),
  ) as Record<(typeof OVERLAY_POSITIONS)[number], { description: string }>,
})

const Overlay = builder.objectRef<ShownOverlay>('PlayerOverlay').implement({
  description: 'A line of text that players show over the picture.',
  fields: (t) => ({
    source: t.exposeString('source', { description: 'Name of the plugin that shows it.' }),
    text: t.exposeString('text', { description: 'Plain text.' }),
    position: t.expose('position', { type: Position, description: 'Where in the picture.' }),
    opacity: t.exposeFloat('opacity', { description: 'From 0, not to be seen, to 1.' }),
  }),
})

const Player = builder.objectRef<PlayerState>('Player').implement({
  description: 'What a player of a room shows beside the picture.',
  fields: (t) => ({
    live: t.exposeBoolean('live', { description: 'Whether somebody publishes in the room.' }),
    viewers: t.int({
      nullable: true,
      description: 'How many watch, by whatever way; null when the app does not count viewers.',
      resolve: ({ viewers }) => viewers ?? null,
    }),
    chat: t.exposeBoolean('chat', { description: 'Whether the app has a chat.' }),
    reactions: t.exposeBoolean('reactions', { description: 'Whether the app has reactions.' }),
    mayTalk: t.boolean({
      description: 'Whether you may use `sayInRoom` there.',
      resolve: (state, _args, { core, caller }) => core.talk.may(caller, state),
    }),
  }),
})

type RoomArguments = { app: string; room: string }

/** @throws {MediaError} as whoever plays the room would be refused with. */
function playable({ app: appName, room }: RoomArguments, { core, caller }: Context) {
  const { app, name } = core.apps.roomName(appName, room)
  core.access.require(caller, 'PLAY', { app, room: name })
  return { app, name }
}

const shown = (core: Core, { app, name }: ReturnType<typeof playable>) => core.overlays.in(app, name)

builder.queryField('playerOverlays', (t) =>
  t.field({
    type: [Overlay],
    description: 'What players of a room show over the picture.',
    extensions: { grant: 'CHECKED' },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
    },
    resolve: (_root, args, context) => shown(context.core, playable(args, context)),
  }),
)

builder.subscriptionField('playerOverlays', (t) =>
  t.field({
    type: [Overlay],
    description: 'What players of a room show over the picture, now and whenever it changes.',
    extensions: { grant: 'CHECKED', sharing: 'STATE' },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
    },
    subscribe: (_root, args, context) => {
      const room = playable(args, context)
      return events<ShownOverlay[]>(context.core.events, {
        present: () => [shown(context.core, room)],
        on: { 'player.overlays': (app) => (app === room.app ? shown(context.core, room) : undefined) },
        keyOf: () => 'overlays',
      })
    },
    resolve: (overlays, args, context) => {
      playable(args, context)
      return overlays
    },
  }),
)

builder.subscriptionField('player', (t) =>
  t.field({
    type: Player,
    description: 'What a player of a room shows beside the picture, now and whenever it changes; at most once a second. Needs PLAY there.',
    extensions: { grant: 'CHECKED', sharing: 'STATE' },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
    },
    subscribe: (_root, args, context) => {
      const { app, name } = playable(args, context)
      const feed = new Feed<PlayerState>({ keyOf: () => 'player', onEnd: () => end() })
      const end = context.core.players.follow(app, name, (state) => feed.push(state))
      return feed
    },
    resolve: (state, args, context) => {
      playable(args, context)
      return state
    },
  }),
)

builder.mutationField('sayInRoom', (t) =>
  t.field({
    type: RoomMessageType,
    description:
      'Says something in a room, to its participants and to whoever follows `roomData`, as whom your join token names. Needs a join ' +
      'token that may publish data, or `stream:write`; ten times in ten seconds at most.',
    extensions: { grant: 'CHECKED' },
    args: {
      app: t.arg.string({ required: true, description: 'Name of the app.' }),
      room: t.arg.string({ required: true, description: 'The room, by its full or app-local name.' }),
      message: t.arg.string({ description: 'What is said; 4000 characters at most. Needs an app with a chat.' }),
      reaction: t.arg.string({ description: 'Instead: how somebody reacts; 64 characters at most. Needs an app with reactions.' }),
    },
    resolve: (_root, { app, room, ...words }, { core, caller }) => {
      const { app: owner, name } = core.apps.roomName(app, room)
      return core.talk.say(caller, { app: owner, room: name }, given(words))
    },
  }),
)
