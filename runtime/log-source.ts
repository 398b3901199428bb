/** Which part of the server a log line is from and which app it is about, told by the fields it carries. */
export function originOf(fields: Readonly<Record<string, unknown>>): { source: string; app?: string } {
  const { app } = fields
  return { source: sourceOf(fields), ...(typeof app === 'string' && { app }) }
}

function sourceOf({ source, plugin, caller, action, method, room, mediaWorker, task }: Readonly<Record<string, unknown>>): string {
  if (typeof source === 'string') return source
  if (typeof plugin === 'string') return `plugin:${plugin}`
  if (caller !== undefined && action !== undefined) return 'api'
  if (method !== undefined) return 'http'
  if (mediaWorker !== undefined && room === undefined) return 'media'
  return task === undefined ? 'core' : 'tasks'
}
