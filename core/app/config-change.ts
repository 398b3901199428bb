import { isDeepStrictEqual } from 'node:util'
import { type Document, isAlias, isMap } from 'yaml'
import { MediaError } from '../kernel/errors.ts'
import { type AppConfig, appConfig } from './config.ts'
import { isMapping, parseConfig, parseConfigDocument, plain, textOf } from './config-yaml.ts'
import { snakeCase, snakeKeys } from './key-case.ts'

type Deep<T> = T extends readonly unknown[] ? T : T extends object ? { [Key in keyof T]?: Deep<T[Key]> } : T

/** What to change: objects are merged, everything else is replaced. */
export type ConfigChange = Deep<AppConfig>

export type ChangedText = {
  readonly text: string
  /** Dotted keys of the file whose values are others now, in the order of the change. */
  readonly changed: readonly string[]
}

/**
 * The text of a `config.yaml` with a change made to it; comments and keys that are not ours stay.
 *
 * @throws {MediaError} `INPUT_INVALID` naming the first key whose new value is not possible, or `APP_CONFIG_INVALID` when the text can't be read.
 */
export function changeConfig(app: string, text: string, change: ConfigChange): ChangedText {
  const { config } = parseConfig(app, text)
  const { error } = appConfig(app).safeParse(merged(config, change))
  const [issue] = error?.issues ?? []
  if (issue) throw new MediaError('INPUT_INVALID', { field: issue.path.join('.'), reason: issue.message })

  const document = parseConfigDocument(text)
  const before = plain(document)
  const changed: string[] = []
  for (const [path, value] of leaves(completed(config, document, change))) {
    const keys = path.map(snakeCase)
    const wanted = snakeKeys(value)
    if (isDeepStrictEqual(valueAt(before, keys), wanted)) continue
    makeRoom(document, keys.slice(0, -1))
    document.setIn(keys, wanted)
    changed.push(keys.join('.'))
  }
  return changed.length === 0 ? { text, changed } : { text: textOf(document), changed }
}

/** A file's first `transcoding` block must not decide by what it leaves out: without one, `rtmp` decided. */
function completed({ transcoding }: AppConfig, document: Document, change: ConfigChange): ConfigChange {
  if (change.transcoding === undefined || Object.keys(change.transcoding).length === 0 || document.get('transcoding') != null) return change
  return { ...change, transcoding: { enabled: transcoding.enabled, ...change.transcoding } }
}

function* leaves(value: object, path: readonly string[] = []): Generator<[path: string[], value: unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    if (isMapping(inner)) yield* leaves(inner, [...path, key])
    else yield [[...path, key], inner]
  }
}

function valueAt(block: unknown, keys: readonly string[]): unknown {
  return keys.reduce((value, key) => (isMapping(value) ? value[key] : undefined), block)
}

/** Mappings all the way down, whatever stood there: nothing, a value that was not understood, or a reference to a mapping elsewhere. */
function makeRoom(document: Document, keys: readonly string[]): void {
  for (let depth = 1; depth <= keys.length; depth++) {
    const path = keys.slice(0, depth)
    const node = document.getIn(path, true)
    if (isMap(node)) continue
    const meant = isAlias(node) ? node.toJS(document) : {}
    document.setIn(path, document.createNode(isMapping(meant) ? meant : {}))
  }
}

function merged(base: unknown, change: unknown): unknown {
  if (!isMapping(change)) return change === undefined ? base : change
  const known = isMapping(base) ? base : {}
  const all = new Set([...Object.keys(known), ...Object.keys(change)])
  return Object.fromEntries([...all].map((key) => [key, merged(known[key], change[key])]))
}
