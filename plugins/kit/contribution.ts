import type { makeExecutableSchema } from '@graphql-tools/schema'
import {
  type DocumentNode,
  type GraphQLFieldConfigMap,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  getNullableType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
  printType,
  specifiedScalarTypes,
  visit,
} from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import { PERMISSIONS } from '../../core/kernel/permission.ts'
import type { FieldGrant } from './protocol.ts'

/**
 * A plugin's part of the API: what `pluginBuilder().toSchema()` answers, or SDL and resolvers. In SDL, core types are named
 * as if they were defined, and extended with `extend type`.
 */
export type Contribution = GraphQLSchema | { typeDefs: string | DocumentNode; resolvers: Resolvers; grants?: Record<string, FieldGrant> }

type Resolvers = NonNullable<Parameters<typeof makeExecutableSchema>[0]['resolvers']>

/** A contribution, ready to be executed here and told to the main thread. */
export type Published = {
  schema: GraphQLSchema
  sdl: string
  grants: Record<string, FieldGrant>
  /** `Type.field` of each field that has no description. */
  undescribed: string[]
}

/** Fields that only make an otherwise empty type valid in the thread start with this; nobody else sees them. */
const HIDDEN = '_'
const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])
const CORE_SCALARS = new Set(['DateTime', 'JSON', 'BigInt'])
const GRANTS = new Set<unknown>(['MANAGE', 'OBSERVE', 'PUBLISH', 'PLAY', 'ANY', ...PERMISSIONS] satisfies FieldGrant[])

/** @throws {Error} when it is no valid schema. */
export async function publish(contribution: Contribution): Promise<Published> {
  const { schema, core, grants } =
    contribution instanceof GraphQLSchema ? { schema: contribution, core: new Set<string>(), grants: {} } : await fromSdl(contribution)
  const published: Published = { schema, sdl: '', grants: { ...grants }, undescribed: [] }
  const printed: string[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    const isCore = core.has(type.name) || type.extensions.core === true
    const sdl = printAdded(type, isCore)
    if (sdl === undefined) continue
    printed.push(sdl)
    note(type, isCore, published)
  }
  for (const [field, grant] of Object.entries(published.grants)) {
    if (!GRANTS.has(grant)) throw new MediaError('INPUT_INVALID', { field: `${field} grant`, grant })
  }
  return { ...published, sdl: printed.join('\n\n') }
}

/** The type in SDL, or only what is added to it when it exists already; undefined when that is nothing. */
function printAdded(type: GraphQLNamedType, isCore: boolean): string | undefined {
  if (!isObjectType(type) || !(isCore || ROOTS.has(type.name))) return isCore ? undefined : printType(type)
  const config = type.toConfig()
  const fields: GraphQLFieldConfigMap<unknown, unknown> = {}
  for (const [name, field] of Object.entries(config.fields)) {
    if (isAdded(name, isCore)) fields[name] = { ...field, type: getNullableType(field.type) }
  }
  if (Object.keys(fields).length === 0) return undefined
  return `extend ${printType(new GraphQLObjectType({ name: type.name, fields }))}`
}

function isAdded(field: string, isCore: boolean): boolean {
  return !field.startsWith(HIDDEN) && !(isCore && field === 'id')
}

function note(type: GraphQLNamedType, isCore: boolean, published: Published): void {
  if (!isObjectType(type)) return
  for (const field of Object.values(type.getFields())) {
    if (!isAdded(field.name, isCore)) continue
    const name = `${type.name}.${field.name}`
    if (!field.description) published.undescribed.push(name)
    if (field.extensions.grant !== undefined) published.grants[name] = field.extensions.grant as FieldGrant
  }
}

async function fromSdl({ typeDefs, resolvers, grants = {} }: Exclude<Contribution, GraphQLSchema>) {
  const document = typeof typeDefs === 'string' ? parse(typeDefs) : typeDefs
  const known = new Set(specifiedScalarTypes.map((type) => type.name))
  const named = new Set<string>()
  visit(document, {
    enter(node) {
      if (node.kind === Kind.NAMED_TYPE || node.kind === Kind.OBJECT_TYPE_EXTENSION) named.add(node.name.value)
      else if (node.kind.endsWith('TypeDefinition') && 'name' in node && node.name) known.add(node.name.value)
    },
  })
  const core = new Set([...named].filter((name) => !known.has(name) && !ROOTS.has(name)))
  const rootNames = [...ROOTS].filter((name) => name === 'Query' || (named.has(name) && !known.has(name)))
  const roots = rootNames.map((name) => `type ${name} { ${HIDDEN}plugin: String }`)
  const stubs = [...core].map((name) => (CORE_SCALARS.has(name) ? `scalar ${name}` : `type ${name} { id: ID! }`))
  // Most plugins build their schema; the others load what makes one of SDL.
  const { makeExecutableSchema } = await import('@graphql-tools/schema')
  const schema = makeExecutableSchema({ typeDefs: [document, ...roots, ...stubs], resolvers })
  return { schema, core, grants }
}
