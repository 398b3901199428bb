import {
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNamedType,
  isListType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  responsePathAsArray,
} from 'graphql'
import { type AccessTarget, type Caller, type Grant, isLimited } from '../../core/access/caller.ts'
import { requireGrant } from '../../core/access/require.ts'
import type { Permission } from '../../core/kernel/permission.ts'
import type { Operation, OperationResult } from '../../plugins/kit/protocol.ts'
import { delegation } from './delegation.ts'
import type { Plugin } from './plugin.ts'
import { type RemoteEvent, RemoteEvents } from './remote-events.ts'
import { withErrorsInPlace } from './remote-result.ts'

/** How plugins' fields are tied to the rest of the schema. */
export type RemoteLink = {
  callerOf(context: unknown): Caller
  /** Aborts when nobody waits for this operation any more. */
  signalOf?(context: unknown): AbortSignal | undefined
  /** Told of every mutation of a plugin that takes the right to manage, once it is done. */
  managed?(context: unknown, action: string, args: Record<string, unknown>): void
  /** The id by which plugins know an object of core; by default its `id`. */
  idOf?(type: string, object: unknown): string
  /** Where the app and the room are that arguments name; nowhere in particular when there is no such app. */
  placeOf?(named: { app?: string; room?: string }): AccessTarget
  /** Where the object of core is that has this id. */
  placeOfId?(id: string, context: unknown): AccessTarget
  /** The object of core that a plugin names by its id; null when it is gone. */
  loadCoreObject(type: string, id: string, context: unknown): unknown
}

export type Resolvers = Record<string, Record<string, unknown>>
type IsCore = (type: string) => boolean

const DEFAULT_GRANTS: Readonly<Record<string, Grant>> = { Query: 'OBSERVE', Mutation: 'MANAGE', Subscription: 'OBSERVE' }

/** Resolves a field that a plugin adds to the root or to a core type: its whole selection is answered in the plugin's thread. */
export function contributedField(field: string, plugin: Plugin, isCore: IsCore, link: RemoteLink) {
  const type = field.slice(0, field.indexOf('.'))
  const grantFor = () => plugin.manifest?.grants[field] ?? DEFAULT_GRANTS[type]
  const idOf = (parent: unknown) => link.idOf?.(type, parent) ?? (parent as { id: string }).id
  const authorize = (parent: unknown, args: Record<string, unknown>, context: unknown): Caller => {
    const caller = link.callerOf(context)
    const grant = grantFor()
    if (!grant || grant === 'ANY') return caller
    const target = () => (isCore(type) ? (link.placeOfId?.(idOf(parent), context) ?? {}) : targetOf(args, grant, caller, link))
    requireGrant(caller, grant, isLimited(caller) ? target() : {})
    return caller
  }
  const operation = (parent: unknown, args: Record<string, unknown>, context: unknown, info: GraphQLResolveInfo): Operation => {
    const caller = authorize(parent, args, context)
    const { document, variables } = delegation(info, isCore)
    const id = isCore(type) ? { id: idOf(parent) } : {}
    return { type, ...id, document, variables: pick(info.variableValues, variables), caller }
  }

  if (type === 'Subscription') {
    return {
      subscribe: async (parent: unknown, args: Record<string, unknown>, context: unknown, info: GraphQLResolveInfo) => {
        const asked = operation(parent, args, context, info)
        return new RemoteEvents(await plugin.remote.graphql.subscribe(asked, link.signalOf?.(context)))
      },
      resolve: (event: RemoteEvent, args: Record<string, unknown>, context: unknown, info: GraphQLResolveInfo) => {
        // Once more with each event: what it is about may have become somebody else's.
        authorize(undefined, args, context)
        if (event.failure) throw event.failure
        return toValue(event.result, isCore, link, context, info)
      },
    }
  }
  const resolve: GraphQLFieldResolver<unknown, unknown> = async (parent, args, context, info) => {
    const asked = operation(parent, args, context, info)
    const value = toValue(await plugin.remote.graphql.execute(asked, link.signalOf?.(context)), isCore, link, context, info)
    const grant = grantFor()
    if (type === 'Mutation' && grant !== 'PUBLISH' && grant !== 'PLAY' && grant !== 'ANY') link.managed?.(context, info.fieldName, args)
    return value
  }
  return { resolve }
}

/** Resolves a field of a plugin's own type, whose value came with that of the field above. */
export function nestedField(isCore: IsCore, link: RemoteLink): GraphQLFieldResolver<Record<string, unknown>, unknown> {
  return (parent, _args, context, info) => fromWire(parent[info.path.key], info.returnType, isCore, link, context)
}

function toValue(result: OperationResult, isCore: IsCore, link: RemoteLink, context: unknown, info: GraphQLResolveInfo): unknown {
  const data = withErrorsInPlace(result, responsePathAsArray(info.path.prev))
  return fromWire(data[info.path.key], info.returnType, isCore, link, context)
}

/** Makes of plain data what the rest of the schema expects: core's own objects, and scalars before they are serialised. */
function fromWire(value: unknown, type: GraphQLOutputType, isCore: IsCore, link: RemoteLink, context: unknown): unknown {
  if (value === null || value === undefined || value instanceof Error) return value
  if (isNonNullType(type)) return fromWire(value, type.ofType, isCore, link, context)
  if (isListType(type)) {
    return Array.isArray(value) ? value.map((item) => fromWire(item, type.ofType, isCore, link, context)) : value
  }
  const named = getNamedType(type)
  if (isCore(named.name)) return link.loadCoreObject(named.name, (value as { id: string }).id, context)
  if (isScalarType(named) && !isSpecifiedScalarType(named)) return named.parseValue(value)
  return value
}

/**
 * What a field is about, when its arguments say so. What takes only `PLAY` and names nothing is open to callers who are limited to
 * an app or a room: what they may see there is the field's own business, as it is with core's fields.
 */
function targetOf({ app, room }: Record<string, unknown>, grant: Grant | Permission, caller: Caller, link: RemoteLink): AccessTarget {
  const named = { ...(typeof app === 'string' ? { app } : {}), ...(typeof room === 'string' ? { room } : {}) }
  if (grant === 'PLAY' && Object.keys(named).length === 0) return limitsOf(caller)
  return link.placeOf?.(named) ?? named
}

function limitsOf({ tenant, app, room }: Caller): AccessTarget {
  return { ...(tenant !== undefined && { tenant }), ...(app !== undefined && { app }), ...(room !== undefined && { room }) }
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name]]))
}
