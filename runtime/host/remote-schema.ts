import { addResolversToSchema } from '@graphql-tools/schema'
import {
  type DocumentNode,
  extendSchema,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
} from 'graphql'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { Plugin } from './plugin.ts'
import { contributedField, nestedField, type RemoteLink, type Resolvers } from './remote-fields.ts'

export type { RemoteLink } from './remote-fields.ts'

/**
 * Adds what plugins contribute to core's schema. The fields answer from the plugins' threads, or with `PLUGIN_UNAVAILABLE`.
 *
 * A plugin that contradicts core or one before it is left out, and told why.
 */
export function composeSchema(core: GraphQLSchema, plugins: Iterable<Plugin>, link: RemoteLink) {
  const refused = new Map<Plugin, MediaError>()
  const resolvers: Resolvers = {}
  let schema = core
  for (const plugin of plugins) {
    const sdl = plugin.manifest?.sdl
    if (!sdl) continue
    try {
      const document = withRoots(parse(sdl, { noLocation: true }), schema)
      const extended = extendSchema(schema, document)
      addResolvers(resolvers, document, extended, core, plugin, link)
      schema = extended
    } catch (error) {
      refused.set(plugin, new MediaError('CONFLICT', { plugin: plugin.name, reason: messageOf(error) }))
    }
  }
  return { schema: schema === core ? core : addResolversToSchema({ schema, resolvers }), refused }
}

/** Defines the root types that core lacks, where the plugin extends them. */
function withRoots(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const missing = new Map(
    (['query', 'mutation', 'subscription'] as const)
      .map((operation) => [`${operation[0]?.toUpperCase()}${operation.slice(1)}`, operation] as const)
      .filter(([name]) => !schema.getType(name)),
  )
  const roots: string[] = []
  const definitions = document.definitions.map((node) => {
    const operation = node.kind === Kind.OBJECT_TYPE_EXTENSION ? missing.get(node.name.value) : undefined
    if (node.kind !== Kind.OBJECT_TYPE_EXTENSION || !operation) return node
    roots.push(`extend schema { ${operation}: ${node.name.value} }`)
    return { ...node, kind: Kind.OBJECT_TYPE_DEFINITION } satisfies ObjectTypeDefinitionNode
  })
  const declared = roots.flatMap((root) => parse(root, { noLocation: true }).definitions)
  return { ...document, definitions: [...definitions, ...declared] }
}

function addResolvers(
  resolvers: Resolvers,
  document: DocumentNode,
  schema: GraphQLSchema,
  core: GraphQLSchema,
  plugin: Plugin,
  link: RemoteLink,
): void {
  const roots = new Set(['Query', 'Mutation', 'Subscription'])
  const isCore = (name: string) => isObjectType(core.getType(name)) && !roots.has(name)
  for (const node of document.definitions) {
    if (!('name' in node) || !node.name) continue
    const type = schema.getType(node.name.value)
    if (isAbstractType(type)) {
      resolvers[type.name] = { __resolveType: (value: { __typename: string }) => value.__typename }
    }
    if (!isFields(node)) continue
    const isContributed = roots.has(node.name.value) || isCore(node.name.value)
    if (node.kind === Kind.OBJECT_TYPE_EXTENSION && !isContributed) {
      throw new Error(`${node.name.value} is another plugin's type`)
    }
    const fields: Record<string, unknown> = { ...resolvers[node.name.value] }
    for (const { name } of node.fields ?? []) {
      fields[name.value] = isContributed
        ? contributedField(`${node.name.value}.${name.value}`, plugin, isCore, link)
        : nestedField(isCore, link)
    }
    resolvers[node.name.value] = fields
  }
}

function isFields(node: { kind: string }): node is ObjectTypeDefinitionNode | ObjectTypeExtensionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION
}
