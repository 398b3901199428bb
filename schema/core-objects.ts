import { MediaError } from '../core/kernel/errors.ts'
import type { Context } from './context.ts'
import { namedId, nameIn } from './global-ids.ts'

type Loader = (id: string, context: Context) => unknown

const LOADERS: Readonly<Record<string, Loader>> = {
  App: (id, { core }) => core.apps.get(nameIn(id)),
  Room: (id, { core }) => core.rooms.get(nameIn(id)),
  Participant: (id, { core }) => core.rooms.participant(id),
  Track: (id, { core }) => core.rooms.track(id),
  Viewer: (id, { core }) => core.rooms.viewer(id),
  Ingress: (id, { core }) => core.ingresses.get(id),
  Task: (id, { core }) => core.tasks.get(id),
  Plugin: (id, { plugins }) => plugins.get(nameIn(id)),
}

/** The object of core behind an id that a plugin answered with; null when it is gone. */
export function loadCoreObject(type: string, id: string, context: Context): unknown {
  try {
    return LOADERS[type]?.(id, context) ?? null
  } catch (error) {
    if (error instanceof MediaError && error.class === 'missing') return null
    throw error
  }
}

/** The id by which the API knows an object of core. */
export function idOfCoreObject(type: string, object: unknown): string {
  const { id, name } = object as { id?: string; name?: string }
  if (type === 'App' || type === 'Room' || type === 'Plugin') return namedId(type.toLowerCase() as 'app' | 'room' | 'plugin', name ?? '')
  return id ?? ''
}
