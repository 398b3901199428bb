import { z } from 'zod'
import { MediaError } from '../core/kernel/errors.ts'

/** What is shown in the place of a secret, and taken for "as it is". */
const MASK = '********'

type Property = {
  readonly type?: string
  readonly default?: unknown
  readonly secret?: boolean
  readonly format?: string
  readonly [more: string]: unknown
}
type Options = Record<string, unknown>

/** A plugin's options per app, as JSON Schema: told by its thread, and enough to check and show them while the thread is away. */
export class AppPluginConfig {
  readonly #plugin: string
  readonly #properties: Readonly<Record<string, Property>>
  readonly #required: readonly string[]

  constructor(plugin: string, schema: Readonly<Record<string, unknown>> | undefined) {
    this.#plugin = plugin
    this.#properties = (schema?.properties ?? {}) as Record<string, Property>
    this.#required = (schema?.required ?? []) as string[]
  }

  /**
   * Options with changes made to them: null brings the default back, a masked secret stays, and text is taken for the number or the
   * boolean that it spells.
   *
   * @throws {MediaError} `PLUGIN_CONFIG_INVALID` naming the option that there is not, or that can not be so.
   */
  merged(stored: Options, change: Options): Options {
    const merged = { ...stored }
    for (const [key, given] of Object.entries(change)) {
      const property = Object.hasOwn(this.#properties, key) ? this.#properties[key] : undefined
      if (!property) throw this.#refused(key, 'there is no such option')
      if (given === null) delete merged[key]
      else if (!(isSecret(key, property) && given === MASK)) merged[key] = this.#checked(key, property, coerced(given, property))
    }
    return merged
  }

  /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` naming the first option that has to be set, and is not. */
  requireComplete(stored: Options): void {
    const missing = this.#required.find((key) => stored[key] === undefined || stored[key] === '')
    if (missing !== undefined) throw this.#refused(missing, 'has to be set')
  }

  /** Every option with its value or its default, secrets masked. */
  shown(stored: Options): Options {
    return Object.fromEntries(
      Object.entries(this.#properties).map(([key, property]) => {
        const value = stored[key] ?? property.default ?? emptyOf(property)
        return [key, isSecret(key, property) ? (value === '' ? '' : MASK) : value]
      }),
    )
  }

  /** What may be told to everybody: nothing that looks like a secret or an address of ours. */
  published(stored: Options): Options {
    return Object.fromEntries(Object.entries(this.shown(stored)).filter(([key]) => !PRIVATE.test(key)))
  }

  #checked(key: string, property: Property, value: unknown): unknown {
    const { error } = z.fromJSONSchema(property as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value)
    if (error) throw this.#refused([key, ...(error.issues[0]?.path ?? [])].join('.'), error.issues[0]?.message ?? 'malformed')
    return value
  }

  #refused(field: string, reason: string): MediaError {
    return new MediaError('PLUGIN_CONFIG_INVALID', { plugin: this.#plugin, field, reason })
  }
}

const PRIVATE = /secret|token|password|credential|api.?key|access.?key|private|callback|webhook/i

export function isSecret(key: string, { secret, format }: Property): boolean {
  return secret === true || format === 'password' || /secret|token|password|api.?key/i.test(key)
}

function coerced(given: unknown, { type }: Property): unknown {
  if (typeof given !== 'string') return given
  if ((type === 'number' || type === 'integer') && given.trim() !== '' && Number.isFinite(Number(given))) return Number(given)
  if (type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true'
  return given
}

function emptyOf({ type }: Property): unknown {
  return type === 'string' ? '' : null
}
