import type { AccessTarget } from '../core/access/caller.ts'
import type { Core } from '../core/core.ts'
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
  app: ({ app }, context) => appNamed(app, context),
  name: ({ name }, context) => appNamed(name, context),
  parent: (_args, context, parent) => appNamed((parent as { name: string }).name, context),
} satisfies Record<string, Target>

/** Of a field that names a room by its full name, as its argument `room` or `name`. */
export const roomTarget = {
  room: ({ room }, context) => roomNamed(room, context),
  name: ({ name }, context) => roomNamed(name, context),
} satisfies Record<string, Target>

/** Of a field that names an app, and a room of it by its full or app-local name. */
export const roomOfAppTarget: Target = ({ app, room }, context) => {
  const { core, caller } = context
  // Whether another app would have such a room is not even looked at.
  if (caller.app !== undefined && caller.app !== app) return appNamed(app, context)
  const { app: owner, name } = core.apps.roomName(String(app), String(room))
  return { tenant: owner.tenant, app: owner.name, room: name }
}

/** Of a field that makes something new for the caller's tenant. */
export const tenantTarget: Target = (_args, { caller }) => (caller.tenant === undefined ? WHOLE_SERVER : { tenant: caller.tenant })

/** Of a field that names a tenant as its argument `tenant`; without one it is about the caller's own. */
export const namedTenantTarget: Target = (args, context, parent) =>
  args.tenant == null ? tenantTarget(args, context, parent) : { tenant: String(args.tenant) }

/** Of a field that names one thing by its id, whatever it is. */
export const idTarget: Target = ({ id: given }, context) => {
  const { core } = context
  const id = String(given)
  switch (typeOfId(id)) {
    case 'App':
      return appNamed(id, context)
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
      return { ...appNamed(app, context), room }
    }
    default:
      return WHOLE_SERVER
  }
}

/** Where the app and the room are that a plugin's field names as arguments of these names; the room also by its app-local name. */
export function placeOf({ apps }: Core, { app: name, room }: { app?: string; room?: string }): AccessTarget {
  const app = name === undefined ? (room === undefined ? undefined : apps.owning(room)) : apps.find(name)
  if (!app) return WHOLE_SERVER
  return { tenant: app.tenant, app: app.name, ...(room !== undefined && { room: app.fullName(room) }) }
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

function appNamed(name: unknown, { core }: Context): AccessTarget {
  if (name == null) return WHOLE_SERVER
  const app = core.apps.find(nameIn(String(name)))
  return app ? { tenant: app.tenant, app: app.name } : WHOLE_SERVER
}

function roomNamed(room: unknown, { core }: Context): AccessTarget {
  if (room == null) return WHOLE_SERVER
  const name = nameIn(String(room))
  const app = core.apps.owning(name)
  return { tenant: app.tenant, app: app.name, room: name }
}

function inRoom({ app, name }: Room): AccessTarget {
  return { tenant: app.tenant, app: app.name, room: name }
}
