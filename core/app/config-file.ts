import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, isMap, parseDocument } from 'yaml'
import { MediaError } from '../kernel/errors.ts'
import { type AppConfig, appConfig } from './config.ts'

/** What a file says: the configuration, and what in it was wrong and has its default instead. */
export type ReadConfig = { readonly config: AppConfig; readonly warnings: readonly string[] }

export function configPath(folder: string): string {
  return join(folder, 'config.yaml')
}

export async function readConfigText(folder: string): Promise<string> {
  try {
    return await readFile(configPath(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Replaces the file whole, so that a crash leaves the old one or the new one. Only the server's user may read it. */
export async function writeConfigText(folder: string, text: string): Promise<void> {
  const path = configPath(folder)
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/**
 * Reads a file's text. A value that is not understood is a warning, and has its default.
 *
 * @throws {MediaError} `APP_CONFIG_INVALID` when it is no YAML, no mapping, another app's, or has text where `s3` or `recording` belong.
 */
export function parseConfig(app: string, text: string): ReadConfig {
  const document = parseConfigDocument(text)
  const given = camelKeys(document.toJS() ?? {}) as Record<string, unknown>
  if (given.name != null && given.name !== app) throw refused('name', `is not ${app}`)
  for (const part of ['s3', 'recording']) {
    if (given[part] != null && (typeof given[part] !== 'object' || Array.isArray(given[part]))) throw refused(part, 'is no mapping')
  }
  const warnings: string[] = []
  return { config: lenient(app, given, warnings), warnings }
}

/** @throws {MediaError} `APP_CONFIG_INVALID` when it is no YAML or no mapping. */
export function parseConfigDocument(text: string): Document {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw refused('yaml', error.message.split('\n', 1)[0] ?? 'can not be read')
  if (document.contents === null) document.contents = document.createNode({}) as never
  if (!isMap(document.contents)) throw refused('yaml', 'is no mapping')
  return document
}

/** Takes out what is wrong until the rest is right. */
function lenient(app: string, given: Record<string, unknown>, warnings: string[]): AppConfig {
  const schema = appConfig(app)
  const value = structuredClone(given)
  for (;;) {
    const { data, error } = schema.safeParse(value)
    if (data) return { ...data, name: app }
    for (const { path, message } of error.issues) {
      warnings.push(`${path.map((key) => snakeCase(String(key))).join('.')}: ${message}; the default is used`)
      remove(value, path)
    }
  }
}

/** Takes out the value at the path, or the nearest thing around it that can be. */
function remove(value: unknown, path: readonly PropertyKey[]): void {
  let parent = value as Record<PropertyKey, unknown>
  for (const key of path.slice(0, -1)) {
    const child = parent[key]
    // A wrong item takes its whole list with it: half a ladder is not what anybody meant.
    if (child === null || typeof child !== 'object' || Array.isArray(child)) {
      delete parent[key]
      return
    }
    parent = child as Record<PropertyKey, unknown>
  }
  delete parent[path.at(-1) ?? '']
}

export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const camelCase = (key: string): string => key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), camelKeys(inner)]))
}

function refused(field: string, reason: string): MediaError {
  return new MediaError('APP_CONFIG_INVALID', { field, reason })
}
