import { MediaError } from '../kernel/errors.ts'
import { type AppConfig, appConfig } from './config.ts'
import { parseConfig, parseConfigDocument, snakeCase } from './config-file.ts'

type Deep<T> = T extends readonly unknown[] ? T : T extends object ? { [Key in keyof T]?: Deep<T[Key]> } : T

/** What to change: objects are merged, everything else is replaced. */
export type ConfigChange = Deep<AppConfig>

/**
 * The text of a `config.yaml` with a change made to it; comments and keys that are not ours stay.
 *
 * @throws {MediaError} `INPUT_INVALID` naming the first key whose new value is not possible, or `APP_CONFIG_INVALID` when the text can't be read.
 */
export function changeConfig(app: string, text: string, change: ConfigChange): string {
  const { config } = parseConfig(app, text)
  const { error } = appConfig(app).safeParse(merged(config, change))
  const [issue] = error?.issues ?? []
  if (issue) throw new MediaError('INPUT_INVALID', { field: issue.path.join('.'), reason: issue.message })
  const document = parseConfigDocument(text)
  for (const [path, value] of leaves(change)) document.setIn(path.map(snakeCase), snakeKeys(value))
  return document.toString({ lineWidth: 0 })
}

function* leaves(value: object, path: readonly string[] = []): Generator<[path: string[], value: unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    if (isMapping(inner)) yield* leaves(inner, [...path, key])
    else yield [[...path, key], inner]
  }
}

function merged(base: unknown, change: unknown): unknown {
  if (!isMapping(base) || !isMapping(change)) return change === undefined ? base : change
  const all = new Set([...Object.keys(base), ...Object.keys(change)])
  return Object.fromEntries([...all].map((key) => [key, merged(base[key], change[key])]))
}

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), snakeKeys(inner)])) : value
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
