import SchemaBuilder, { type ObjectFieldsShape, type ObjectRef } from '@pothos/core'
import type { Caller } from '../../core/access/caller.ts'

/** What a resolver of a plugin is given besides its arguments. */
export type PluginContext = {
  readonly caller: Caller
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** A core object, as a plugin knows it. Whatever else a caller asks of it, the main thread answers. */
export type CoreObject = { readonly id: string }

export type PluginSchemaTypes = {
  DefaultFieldNullability: false
  Context: PluginContext
  Scalars: {
    DateTime: { Input: Date; Output: Date | string }
    JSON: { Input: unknown; Output: unknown }
    BigInt: { Input: number; Output: number }
  }
}
type Types = PothosSchemaTypes.ExtendDefaultTypes<PluginSchemaTypes>

/**
 * Builds a plugin's part of the API. It has the core's scalars `DateTime`, `JSON` and `BigInt`, and knows core types by name.
 *
 * Every field needs a description. A field says in `extensions: { grant: 'PLAY' }` what its caller needs; without it that is
 * `OBSERVE` for queries and subscriptions, `MANAGE` for mutations, and nothing more than the object itself for what is added
 * to a core type: there a grant counts where the object is. `ANY` leaves it to the resolver, where it depends on more than arguments named `app` and `room`.
 *
 * Fields added to the API are nullable there whatever they are here: the plugin may be away.
 */
export class PluginBuilder extends SchemaBuilder<PluginSchemaTypes> {
  readonly #coreObjects = new Map<string, ObjectRef<Types, CoreObject>>()

  /** A core type, to return from a field: `{ id }` is enough. */
  coreObject(name: string): ObjectRef<Types, CoreObject> {
    const known = this.#coreObjects.get(name)
    if (known) return known
    const ref = this.objectRef<CoreObject>(name)
    ref.implement({ extensions: { core: true }, fields: (t) => ({ id: t.exposeID('id', { description: 'The object of the core.' }) }) })
    this.#coreObjects.set(name, ref)
    return ref
  }

  /** Adds fields to a core type; their parent is known by its `id`. */
  extend(name: string, fields: ObjectFieldsShape<Types, CoreObject>): void {
    this.objectFields(this.coreObject(name), fields)
  }
}

export function pluginBuilder(): PluginBuilder {
  const builder = new PluginBuilder({ defaultFieldNullability: false })
  builder.scalarType('DateTime', {
    extensions: { core: true },
    serialize: (value) => (value instanceof Date ? value.toISOString() : value),
    parseValue: (value) => (value instanceof Date ? value : new Date(String(value))),
  })
  builder.scalarType('JSON', { extensions: { core: true }, serialize: (value) => value, parseValue: (value) => value })
  builder.scalarType('BigInt', { extensions: { core: true }, serialize: (value) => value, parseValue: Number })
  const hidden = { description: 'Never answered.', nullable: true, resolve: () => null } as const
  builder.queryType({ fields: (t) => ({ _plugin: t.string(hidden) }) })
  builder.mutationType({ fields: (t) => ({ _plugin: t.string(hidden) }) })
  builder.subscriptionType({ fields: (t) => ({ _plugin: t.string({ ...hidden, subscribe: async function* () {} }) }) })
  return builder
}
