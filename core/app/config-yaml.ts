import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml'
import { MediaError } from '../kernel/errors.ts'
import { type AppConfig, appConfig } from './config.ts'
import { configNotes } from './config-notes.ts'
import { camelKeys, snakeCase } from './key-case.ts'

/** Longer than any configuration; all of it is read while nothing else is done. */
const MAX_CHARS = 128 * 1024

/** What a file says: the configuration, and what in it was wrong, or is not taken from there. */
export type ReadConfig = { readonly config: AppConfig; readonly warnings: readonly string[] }

/**
 * Reads a file's text. A value that is not understood is a warning, and has its default.
 *
 * @throws {MediaError} `APP_CONFIG_INVALID` when it is no YAML, no mapping, another app's, or has no mapping where `s3` or `recording` belong.
 */
export function parseConfig(app: string, text: string): ReadConfig {
  const given = camelKeys(plain(parseConfigDocument(text))) as Record<string, unknown>
  if (given.name != null && given.name !== app) throw refused('name', `is not ${app}`)
  for (const part of ['s3', 'recording']) {
    if (given[part] != null && !isMapping(given[part])) throw refused(part, 'is no mapping')
  }
  const warnings = configNotes(app, given)
  return { config: lenient(app, given, warnings), warnings }
}

/** How an app is without a file. */
export function defaultConfig(app: string): AppConfig {
  return { ...appConfig(app).parse({}), name: app }
}

/** @throws {MediaError} `APP_CONFIG_INVALID` when it is no YAML or no mapping. A text that says nothing is an empty mapping. */
export function parseConfigDocument(text: string): Document {
  const document = readDocument(text)
  if (document.contents === null) document.contents = document.createNode({}) as never
  if (!isMap(document.contents)) throw refused('yaml', 'is no mapping')
  return document
}

/** @throws {MediaError} `APP_CONFIG_INVALID` for a text that says nothing: what is written by hand has to be a mapping. */
export function requireMapping(text: string): void {
  if (readDocument(text).contents === null) throw refused('yaml', 'is no mapping')
}

/** @throws {MediaError} `APP_CONFIG_INVALID` when it repeats itself without end. */
export function plain(document: Document): Record<string, unknown> {
  try {
    return document.toJS() as Record<string, unknown>
  } catch (error) {
    throw refused('yaml', reasonOf(error))
  }
}

/** @throws {MediaError} `APP_CONFIG_INVALID` when something refers to what the change replaced. */
export function textOf(document: Document): string {
  try {
    return document.toString({ lineWidth: 0 })
  } catch (error) {
    throw refused('yaml', reasonOf(error))
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function readDocument(text: string): Document {
  if (text.length > MAX_CHARS) throw refused('yaml', `is longer than ${MAX_CHARS} characters`)
  try {
    // The library compares every key with every other: minutes for a text that somebody has filled with them.
    const document = parseDocument(text, { uniqueKeys: false })
    const [error] = document.errors
    if (error) throw error
    requireUniqueKeys(document)
    return document
  } catch (error) {
    throw refused('yaml', reasonOf(error))
  }
}

/** Takes out what is wrong until the rest is right. */
function lenient(app: string, given: Record<string, unknown>, warnings: string[]): AppConfig {
  const schema = appConfig(app)
  const value = structuredClone(given)
  for (;;) {
    const { data, error } = schema.safeParse(value)
    if (data) return withOldMeaning({ ...data, name: app }, given)
    for (const { path, message } of error.issues) {
      warnings.push(`${path.map((key) => snakeCase(String(key))).join('.')}: ${message}; the default is used`)
      remove(value, path)
    }
  }
}

/** Files from before there was a `transcoding` block said all about it under `rtmp`; only Wasabi has one address for everybody. */
function withOldMeaning(config: AppConfig, { transcoding, s3 }: Record<string, unknown>): AppConfig {
  const { rtmp } = config
  const named = isMapping(s3) && s3.endpoint !== undefined
  return {
    ...config,
    ...(transcoding === undefined && { transcoding: { ...config.transcoding, enabled: rtmp.transcode } }),
    ...(config.s3.provider !== 'wasabi' && !named && { s3: { ...config.s3, endpoint: '' } }),
  }
}

function requireUniqueKeys(document: Document): void {
  visit(document, {
    Map: (_key, { items }) => {
      const known = new Set<unknown>()
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key
        if (known.has(name)) throw new Error(`Map keys must be unique: ${String(name)}`)
        known.add(name)
      }
    },
  })
}

/** Takes out the value at the path, or the nearest thing around it that can be. */
function remove(value: Record<PropertyKey, unknown>, path: readonly PropertyKey[]): void {
  let parent = value
  for (const key of path.slice(0, -1)) {
    const child = parent[key]
    // A wrong item takes its whole list with it: half a ladder is not what anybody meant.
    if (!isMapping(child)) {
      delete parent[key]
      return
    }
    parent = child as Record<PropertyKey, unknown>
  }
  delete parent[path.at(-1) ?? '']
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'is nested too deeply'
  return (error as Error).message.split('\n', 1)[0] ?? 'can not be read'
}

function refused(field: string, reason: string): MediaError {
  return new MediaError('APP_CONFIG_INVALID', { field, reason })
}
