import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql'
import { type AccessTarget, type Caller, type Grant, isLimited } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import type { Permission } from '../core/kernel/permission.ts'
import type { Context } from './context.ts'
import { tellManaged } from './managed.ts'
import { locate, type Target } from './targets.ts'

/**
 * Lets every root field check the caller's grants before it does anything. A field says what it needs as
 * `extensions: { grant }`, a grant or a permission such as `stream:stop`; without that, reading needs `OBSERVE` and mutations need `MANAGE`.
 * `CHECKED` says that the field checks by itself, against the room that it is about. To whoever is limited to an app or a room, a field is
 * open that says as `extensions: { target }` where the thing is that it is about.
 *
 * What a root field answers leads to more than it is about. A field of another type that needs a right of its own says so too.
 */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  guardFields(schema.getQueryType(), 'OBSERVE')
  guardFields(schema.getMutationType(), 'MANAGE')
  guardFields(schema.getSubscriptionType(), 'OBSERVE')
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
  for (const type of Object.values(schema.getTypeMap())) if (isObjectType(type) && !roots.has(type)) guardFields(type, 'CHECKED')
  return schema
}

function guardFields(type: GraphQLObjectType | null | undefined, otherwise: Right | 'CHECKED'): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const grant = (field.extensions.grant as Right | 'CHECKED' | undefined) ?? otherwise
    if (grant === 'CHECKED') continue
    const target = field.extensions.target as Target | undefined
    const resolve = field.resolve ?? defaultFieldResolver
    if (field.subscribe) {
      field.subscribe = guarded(field.subscribe, grant, target)
      // Once more with each event: what it is about may have become somebody else's.
      field.resolve = guarded(resolve, grant, target)
    } else {
      field.resolve = guarded(type?.name === 'Mutation' && grant !== 'PUBLISH' && grant !== 'PLAY' ? told(resolve) : resolve, grant, target)
    }
  }
}

type Right = Grant | Permission
type Resolver = GraphQLFieldResolver<unknown, unknown>

function guarded(resolve: Resolver, grant: Right, target: Target | undefined): Resolver {
  return (source, args, context, info) => {
    const { caller } = context as Context
    // Where it is matters only to those who may not go everywhere.
    requireGrant(caller, grant, isLimited(caller) ? placeOf(caller, grant, () => locate(target, args, context as Context, source)) : {})
    return resolve(source, args, context, info)
  }
}

/** A limited token may list what it can watch; what it may see there is the field's own business. */
function placeOf({ tenant, app, room }: Caller, grant: Right, located: () => AccessTarget): AccessTarget {
  return grant === 'PLAY'
    ? { ...(tenant !== undefined && { tenant }), ...(app !== undefined && { app }), ...(room !== undefined && { room }) }
    : located()
}

/** Tells who changed something, once it is changed. */
function told(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return async (source, args, context, info) => {
    const changed = await resolve(source, args, context, info)
    tellManaged(context as Context, info.fieldName, args)
    return changed
  }
}
