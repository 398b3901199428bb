const RESOURCES = [
  'app',
  'config',
  's3',
  'stream',
  'recording',
  'vod',
  'broadcast',
  'sample',
  'ingress',
  'tenant',
  'usage',
  'token',
] as const
const ACTIONS = ['read', 'create', 'write', 'delete', 'start', 'stop'] as const

/** One thing that may be done to one kind of thing, such as `stream:stop`. */
export type Permission = `${(typeof RESOURCES)[number]}:${(typeof ACTIONS)[number]}`

export const PERMISSIONS: readonly Permission[] = RESOURCES.flatMap((resource) => ACTIONS.map((action) => `${resource}:${action}` as const))
