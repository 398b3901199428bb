import { snakeCase } from './key-case.ts'

/** Secrets that belong elsewhere: whoever may read the file would read them. */
const INLINE_SECRETS = [
  {
    block: 's3',
    keys: ['key', 'secret', 'accessKey', 'secretKey'],
    advice: 'ignored; set it through the API, or name an environment variable',
  },
  { block: 'mqtt', keys: ['password'], advice: 'ignored; name an environment variable as password_env' },
]

/** What is remarkable about a file that can be read. */
export function configNotes(app: string, given: Readonly<Record<string, unknown>>): string[] {
  const notes: string[] = []
  for (const { block, keys, advice } of INLINE_SECRETS) {
    for (const key of keys) {
      const value = (given[block] as Record<string, unknown> | undefined)?.[key]
      if (value !== undefined && value !== '') notes.push(`${block}.${snakeCase(key)}: ${advice}`)
    }
  }
  if ((given.callbacks as Record<string, unknown> | undefined)?.secret)
    notes.push('callbacks.secret: whoever may read this file can read it; set it through the API instead')
  if (given.roomPrefix === undefined && app !== 'default') notes.push(`room_prefix: missing; ${app} is used`)
  return notes
}
