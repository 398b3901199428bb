import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

export type GraphqlLimits = {
  /** Characters of a document. */
  readonly sizeChars: number
  /** Lexical tokens of a document. */
  readonly tokens: number
  /** Fields within fields. */
  readonly depth: number
  /** Fields under a second name, or named twice in one place. */
  readonly aliases: number
  readonly directives: number
  /** Values that may be resolved: every field counts one, times the length of the lists around it. */
  readonly cost: number
}

export const DEFAULT_LIMITS: GraphqlLimits = { sizeChars: 100_000, tokens: 4_000, depth: 12, aliases: 30, directives: 50, cost: 50_000 }

/** GraphiQL asks for types nine wrappers deep; its lists within lists are bounded by graphql-js's own rule. */
const INTROSPECTION_DEPTH = 20
/** What a page size in a variable is taken for: it is not known before the variables are. */
const ASSUMED_PAGE = 50

type Weight = { depth: number; aliases: number; directives: number; cost: number }

/**
 * Refuses a document that would cost too much, before it is validated (which can be made expensive too).
 *
 * @throws {GraphQLError} with the code `QUERY_TOO_EXPENSIVE`.
 */
export function requireAffordable(document: DocumentNode, limits: GraphqlLimits): void {
  const scale = new Scale(document)
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const weight = scale.weigh(definition.selectionSet)
    for (const name of ['depth', 'aliases', 'directives', 'cost'] as const) {
      if (weight[name] > limits[name]) throw tooExpensive(name, limits[name])
    }
  }
}

export function tooExpensive(limit: keyof GraphqlLimits, permitted: number): GraphQLError {
  return new GraphQLError(`The operation exceeds the permitted ${limit} of ${permitted}.`, {
    extensions: { code: 'QUERY_TOO_EXPENSIVE', class: 'invalid', details: { limit, permitted }, http: { status: 400 } },
  })
}

/** Weighs selections as they would be executed: fragments count wherever they are spread, yet each is read only once. */
class Scale {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #weights = new Map<string, Weight>()

  constructor(document: DocumentNode) {
    const isFragment = (one: DefinitionNode) => one.kind === Kind.FRAGMENT_DEFINITION
    this.#fragments = new Map(document.definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]))
  }

  weigh(selections: SelectionSetNode | undefined): Weight {
    const sum = nothing()
    const names = new Set<string>()
    for (const selection of selections?.selections ?? []) {
      const weight = this.#weighOne(selection, names)
      sum.depth = Math.max(sum.depth, weight.depth)
      sum.aliases += weight.aliases
      sum.directives += weight.directives
      sum.cost += weight.cost
    }
    return sum
  }

  #weighOne(selection: SelectionNode, names: Set<string>): Weight {
    const weight =
      selection.kind === Kind.FIELD
        ? this.#weighField(selection, names)
        : selection.kind === Kind.INLINE_FRAGMENT
          ? this.weigh(selection.selectionSet)
          : this.#weighFragment(selection.name.value)
    return { ...weight, directives: weight.directives + (selection.directives?.length ?? 0) }
  }

  #weighField(field: FieldNode, names: Set<string>): Weight {
    const inner = this.weigh(field.selectionSet)
    const answerName = (field.alias ?? field.name).value
    const again = field.alias !== undefined || names.has(answerName)
    names.add(answerName)
    const aliases = inner.aliases + (again ? 1 : 0)

    // Introspection reads what is in memory; only its depth could be abused.
    if (field.name.value.startsWith('__')) {
      return { ...inner, aliases, depth: inner.depth > INTROSPECTION_DEPTH ? Number.POSITIVE_INFINITY : 1, cost: 0 }
    }
    return { ...inner, aliases, depth: inner.depth + 1, cost: 1 + pageSize(field) * inner.cost }
  }

  #weighFragment(name: string): Weight {
    const known = this.#weights.get(name)
    if (known) return known
    // Holds the place of a fragment that spreads itself; validation refuses it by name.
    this.#weights.set(name, nothing())
    const weight = this.weigh(this.#fragments.get(name)?.selectionSet)
    this.#weights.set(name, weight)
    return weight
  }
}

function nothing(): Weight {
  return { depth: 0, aliases: 0, directives: 0, cost: 0 }
}

/** How many things a paged field may answer. */
function pageSize(field: FieldNode): number {
  const page = field.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last' || name.value === 'limit')
  if (!page) return 1
  return page.value.kind === Kind.INT ? Math.max(1, Number(page.value.value)) : ASSUMED_PAGE
}
