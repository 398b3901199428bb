import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import { MediaError } from '../core/kernel/errors.ts'
import type { Context } from './context.ts'
import { typeOfId } from './global-ids.ts'
import { idTarget } from './targets.ts'

/** The one builder of core's part of the schema. Plugins have their own, in their threads. */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: unknown; Output: unknown }
    BigInt: { Input: number; Output: number }
  }
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    // Ids are global as they are: their prefix tells the type.
    encodeGlobalID: (_typename, id) => String(id),
    decodeGlobalID: (id) => {
      const typename = typeOfId(id)
      if (!typename) throw new MediaError('NOT_FOUND', { id })
      return { typename, id }
    },
    idFieldOptions: { description: 'Unique id.' },
    nodeQueryOptions: {
      description: 'Anything with an id, by its id.',
      extensions: { grant: 'OBSERVE', target: idTarget },
      args: { id: { description: 'Its id.' } },
    },
    edgesFieldOptions: { description: 'The things on this page, each with its cursor.' },
    nodeFieldOptions: { description: 'The thing.' },
    cursorFieldOptions: { description: 'Names its place in the list, for `after` and `before`.' },
    pageInfoFieldOptions: { description: 'Where this page begins and ends.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'Cursor of its first thing.' },
    endCursorFieldOptions: { description: 'Cursor of its last thing.' },
    nodesQueryOptions: false,
    nodeTypeOptions: { description: 'A thing with an id that is unique on this server.' },
    pageInfoTypeOptions: { description: 'Where a page of a list begins and ends.' },
  },
})

builder.queryType({ description: 'What the server knows.' })
builder.mutationType({ description: 'What the server can be told to do.' })
builder.subscriptionType({ description: 'What happens: each begins with the present state, then sends changes.' })
