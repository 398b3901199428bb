import type { Context } from './context.ts'

/** What names the thing that a mutation is about; its other arguments may be secrets. */
const NAMES = ['id', 'app', 'room', 'name', 'plugin', 'identity', 'protocol', 'level']

/** Tells core that a manager changed something, by which mutation. */
export function tellManaged({ caller, core }: Context, action: string, args: Readonly<Record<string, unknown>>): void {
  const target = Object.fromEntries(NAMES.flatMap((name) => (args[name] == null ? [] : [[name, args[name]]])))
  core.events.emit('server.managed', caller, action, target)
}
