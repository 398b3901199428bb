import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** A caller's selection as the document that a plugin's thread executes, and the names of the variables it uses. */
export type Delegation = { document: string; variables: readonly string[] }

type Known = { operation: OperationDefinitionNode; schema: GraphQLSchema; nodes: readonly FieldNode[]; delegation: Delegation }

/** Documents are parsed once and executed often, so a delegation lives as long as the field it was made for. */
const made = new WeakMap<FieldNode, Known>()

/** The part of the operation that belongs to this field. Of core's objects it asks only for their ids. */
export function delegation(info: GraphQLResolveInfo, isCore: (type: string) => boolean): Delegation {
  const { operation, schema, fieldNodes } = info
  const [first] = fieldNodes
  if (!first) throw new Error('a field without a place in the operation')
  const known = made.get(first)
  if (known && known.operation === operation && known.schema === schema && isSame(known.nodes, fieldNodes)) return known.delegation
  const fresh = delegate(info, isCore)
  made.set(first, { operation, schema, nodes: fieldNodes, delegation: fresh })
  return fresh
}

function isSame(a: readonly FieldNode[], b: readonly FieldNode[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index])
}

function delegate(info: GraphQLResolveInfo, isCore: (type: string) => boolean): Delegation {
  const { schema, operation, parentType } = info
  const selections = info.fieldNodes.map((node) => reduce(node, new TypeInfo(schema, parentType), isCore))
  const fragments = new Map<string, FragmentDefinitionNode>()
  const variables = new Set<string>()
  const follow = (node: FieldNode | FragmentDefinitionNode) => {
    visit(node, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread: ({ name }) => {
        const fragment = info.fragments[name.value]
        if (!fragment || fragments.has(name.value)) return
        const reduced = reduce(fragment, new TypeInfo(schema), isCore)
        fragments.set(name.value, reduced)
        follow(reduced)
      },
    })
  }
  for (const node of selections) follow(node)

  const isRoot = parentType === schema.getRootType(operation.operation)
  const delegated: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    // The fields added to a core type are asked of that type itself, as if it were the query.
    operation: isRoot ? operation.operation : OperationTypeNode.QUERY,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) => variables.has(variable.name.value)),
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  }
  const document = print({ kind: Kind.DOCUMENT, definitions: [delegated, ...fragments.values()] })
  return { document, variables: [...variables] }
}

function reduce<N extends FieldNode | FragmentDefinitionNode>(node: N, types: TypeInfo, isCore: (type: string) => boolean): N {
  const visitor = visitWithTypeInfo(types, {
    Field: {
      enter(field) {
        const type = getNamedType(types.getType())
        if (!type || !field.selectionSet) return undefined
        if (isCore(type.name)) return { ...field, selectionSet: selecting('id') }
        if (isAbstractType(type)) return { ...field, selectionSet: selecting('__typename', field.selectionSet) }
        return undefined
      },
    },
  })
  return visit(node, visitor)
}

function selecting(name: string, others?: SelectionSetNode): SelectionSetNode {
  const field: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } }
  return { kind: Kind.SELECTION_SET, selections: [field, ...(others?.selections ?? [])] }
}
