/** Which type an id belongs to, by its prefix. */
const TYPES: Readonly<Record<string, string>> = {
  PA: 'Participant',
  TR: 'Track',
  VW: 'Viewer',
  IN: 'Ingress',
  TK: 'Task',
  TO: 'Token',
  app: 'App',
  room: 'Room',
  plugin: 'Plugin',
}

export function typeOfId(id: string): string | undefined {
  return TYPES[/^[A-Za-z]+(?=[_:])/.exec(id)?.[0] ?? '']
}

/** The id of a thing that has a name of its own. */
export const namedId = (kind: 'app' | 'room' | 'plugin', name: string): string => `${kind}:${name}`

/** The name in such an id; a bare name is taken as it is. */
export const nameIn = (id: string): string => id.replace(/^(app|room|plugin):/, '')
