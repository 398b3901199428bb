import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import type { Grant } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import type { Context } from './context.ts'

/**
 * Lets every root field check the caller's grants before it does anything. A field says what it needs as
 * `extensions: { grant }`; without that, reading needs `OBSERVE` and mutations need `MANAGE`.
 * `CHECKED` says that the field checks by itself, against the room that it is about.
 */
export function guard(schema: GraphQLSchema): GraphQLSchema {
  guardFields(schema.getQueryType(), 'OBSERVE')
  guardFields(schema.getMutationType(), 'MANAGE')
  guardFields(schema.getSubscriptionType(), 'OBSERVE')
  return schema
}

function guardFields(type: GraphQLObjectType | null | undefined, otherwise: Grant): void {
  for (const field of Object.values(type?.getFields() ?? {})) {
    const grant = (field.extensions.grant as Grant | 'CHECKED' | undefined) ?? otherwise
    if (grant === 'CHECKED') continue
    if (field.subscribe) field.subscribe = guarded(field.subscribe, grant)
    else field.resolve = guarded(field.resolve ?? defaultFieldResolver, grant)
  }
}

function guarded(resolve: GraphQLFieldResolver<unknown, unknown>, grant: Grant): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const { caller } = context as Context
    // A token limited to an app may list what it can watch; what it may see there is the field's own business.
    requireGrant(
      caller,
      grant,
      grant === 'PLAY' && caller.app !== undefined ? { app: caller.app, ...(caller.room !== undefined && { room: caller.room }) } : {},
    )
    return resolve(source, args, context, info)
  }
}
