import type { AccessTarget } from '../core/access/caller.ts'
import { MediaError } from '../core/kernel/errors.ts'
import type { Room } from '../core/room/room.ts'
import type { Context } from './context.ts'
import { nameIn, typeOfId } from './global-ids.ts'

/**
 * Where the thing is that a field is about, told from its arguments or from the object that it is a field of. Empty: the whole server.
 *
 * A field says it as `extensions: { target }`. Without one, only callers whose grants have no limits reach the field.
 */
export type Target = (args: Readonly<Record<string, unknown>>, context: Context, parent: unknown) => AccessTarget

const WHOLE_SERVER: AccessTarget = {}

/** Of a field that names an app as its argument `app` or `name`, or that is a field of one. */
export const appTarget = {
  app: ({ app }) => appNamed(app),
  name: ({ name }) => appNamed(name),
  parent: (_args, _context, parent) => appNamed((parent as { name: string }).name),
} satisfies Record<string, Target>

/** Of a field that names a room by its full name, as its argument `room` or `name`. */
export const roomTarget = {
  room: ({ room }, context) => roomNamed(room, context),
  name: ({ name }, context) => roomNamed(name, context),
} satisfies Record<string, Target>

/** Of a field that names an app, and a room of it by its full or app-local name. */
export const roomOfAppTarget: Target = ({ app, room }, { core, caller }) => {
  // Whether another app would have such a room is not even looked at.
  if (caller.app !== app) return appNamed(app)
  const { app: owner, name } = core.apps.roomName(String(app), String(room))
  return { app: owner.name, room: name }
}

/** Of a field that names one thing by its id, whatever it is. */
export const idTarget: Target = ({ id: given }, context) => {
  const { core } = context
  const id = String(given)
  switch (typeOfId(id)) {
    case 'App':
      return appNamed(id)
    case 'Room':
      return roomNamed(id, context)
    case 'Participant':
      return inRoom(core.rooms.participant(id).room)
    case 'Track':
      return inRoom(core.rooms.track(id).participant.room)
    case 'Viewer':
      return inRoom(core.rooms.viewer(id).room)
    case 'Ingress': {
      const { app, room } = core.ingresses.get(id)
      return { app, room }
    }
    default:
      return WHOLE_SERVER
  }
}

/**
 * What a field is about, for a caller whose grants are limited. What does not exist is nobody's, so that a limited caller can't find
 * out which ids and names are taken elsewhere.
 */
export function locate(
  target: Target | undefined,
  args: Readonly<Record<string, unknown>>,
  context: Context,
  parent: unknown,
): AccessTarget {
  try {
    return target?.(args, context, parent) ?? WHOLE_SERVER
  } catch (error) {
    if (error instanceof MediaError && error.class === 'missing') return WHOLE_SERVER
    throw error
  }
}

function appNamed(app: unknown): AccessTarget {
  return app == null ? WHOLE_SERVER : { app: nameIn(String(app)) }
}

/** An open room stays with its app, also when an app comes whose prefix fits its name better. */
function roomNamed(room: unknown, { core }: Context): AccessTarget {
  if (room == null) return WHOLE_SERVER
  const name = nameIn(String(room))
  const open = core.rooms.find(name)
  return open ? inRoom(open) : { app: core.apps.owning(name).name, room: name }
}

function inRoom({ app, name }: Room): AccessTarget {
  return { app: app.name, room: name }
}
