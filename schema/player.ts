import type { Core } from '../core/core.ts'
import { OVERLAY_POSITIONS } from '../core/player/overlay.ts'
import type { ShownOverlay } from '../core/player/overlays.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { events } from './events.ts'

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
    resolve: (overlays) => overlays,
  }),
)
