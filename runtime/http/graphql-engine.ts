import { type DocumentNode, GraphQLError, type GraphQLSchema, getOperationAST, Kind, NoSchemaIntrospectionCustomRule, parse } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Caller } from '../../core/access/caller.ts'
import type { Log } from '../../core/kernel/log.ts'
import { errorMask } from './graphql-errors.ts'
import { DEFAULT_LIMITS, type GraphqlLimits, requireAffordable, tooExpensive } from './graphql-limits.ts'
import { type Results, SharedSubscriptions } from './shared-subscriptions.ts'

export type GraphqlOptions = {
  /** Asked for every operation, since plugins come and go. */
  readonly schema: () => GraphQLSchema
  /** What resolvers get beside `caller`. */
  readonly context: (caller: Caller) => object
  readonly log: Log
  readonly introspection: boolean
  readonly limits?: Partial<GraphqlLimits>
  /** Told of each operation that is executed. */
  readonly observe?: (kind: 'query' | 'mutation' | 'subscription') => void
  /** What else follows operations. */
  readonly plugins?: readonly Plugin<OperationContext>[]
}

/** What an edge (HTTP, WebSocket) tells the engine about an operation. */
export type OperationContext = {
  readonly caller: Caller
  /** Runs on its own, without looking for an execution to share: it may become the shared one. */
  readonly alone?: true
}

export type Yoga = YogaServerInstance<OperationContext, object>

/** Runs operations: limits, validation, masking and sharing, the same for every transport. */
export class GraphqlEngine {
  readonly yoga: Yoga
  readonly shared = new SharedSubscriptions()
  readonly #schemaNumbers = new WeakMap<GraphQLSchema, number>()
  #schemas = 0

  constructor(options: GraphqlOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.yoga = createYoga<OperationContext, object>({
      graphqlEndpoint: '/graphql',
      context: ({ caller }) => ({ ...options.context(caller), caller }),
      plugins: [
        useLiveSchema(options.schema),
        useLimits(limits),
        ...(options.introspection ? [] : [useNoIntrospection()]),
        this.#useSharing(),
        ...(options.observe ? [useObserver(options.observe)] : []),
        ...(options.plugins ?? []),
      ],
      maskedErrors: { maskError: errorMask(options.log) },
      logging: false,
      graphiql: false,
      landingPage: false,
      cors: false,
      multipart: false,
      batching: { limit: 10 },
      healthCheckEndpoint: '/graphql/health',
    })
  }

  /**
   * The name under which an operation is shared, or undefined for one that is not: same schema, same words, same variables,
   * same rights, and a subscription field that the schema marks with `sharing: 'STATE'`.
   */
  sharingKey(operation: {
    schema: GraphQLSchema
    document: DocumentNode
    operationName?: string | null | undefined
    variables: unknown
    caller: Caller
    text: string
  }): string | undefined {
    const { schema, document, operationName, variables, caller, text } = operation
    if (!isShareable(schema, document, operationName)) return undefined
    const { kind, grants, permissions = [], tenant, app, room, joining } = caller
    const rights = [kind, [...grants].sort(), [...permissions].sort(), tenant, app, room, joining]
    return JSON.stringify([this.#numberOf(schema), text, operationName ?? null, variables ?? null, rights])
  }

  #numberOf(schema: GraphQLSchema): number {
    const number = this.#schemaNumbers.get(schema) ?? ++this.#schemas
    this.#schemaNumbers.set(schema, number)
    return number
  }

  /** Lets subscriptions over HTTP (SSE) share executions too. WebSockets ask `shared` themselves, to send bytes instead of objects. */
  #useSharing(): Plugin<OperationContext> {
    return {
      onSubscribe: ({ args, setSubscribeFn }) => {
        const { caller, alone, params } = args.contextValue as OperationContext & { params: { query?: string } }
        if (alone) return
        const { schema, document, operationName, variableValues: variables } = args
        const key = this.sharingKey({ schema, document, operationName, variables, caller, text: params.query ?? '' })
        if (key === undefined) return
        setSubscribeFn(() =>
          this.shared.iterate(
            key,
            () =>
              this.yoga
                .getEnveloped({ caller, alone: true, params })
                .subscribe({ ...args, contextValue: { ...args.contextValue, alone: true } }) as Promise<Results>,
          ),
        )
      },
    }
  }
}

function useObserver(observe: NonNullable<GraphqlOptions['observe']>): Plugin {
  const tell = ({ document, operationName }: { document: DocumentNode; operationName?: string | null | undefined }) => {
    const operation = getOperationAST(document, operationName)
    if (operation) observe(operation.operation)
  }
  return { onExecute: ({ args }) => tell(args), onSubscribe: ({ args }) => tell(args) }
}

function useLiveSchema(schema: () => GraphQLSchema): Plugin {
  return { onEnveloped: ({ setSchema }) => setSchema(schema()) }
}

function useNoIntrospection(): Plugin {
  return { onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule) }
}

function useLimits(limits: GraphqlLimits): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source: string) => {
        const document = parseBounded(source, limits)
        requireAffordable(document, limits)
        return document
      }),
  }
}

function parseBounded(source: string, limits: GraphqlLimits): DocumentNode {
  if (source.length > limits.sizeChars) throw tooExpensive('sizeChars', limits.sizeChars)
  try {
    return parse(source, { maxTokens: limits.tokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    if (error.message.includes('tokens')) throw tooExpensive('tokens', limits.tokens)
    const { source: at, positions } = error
    const extensions = { code: 'GRAPHQL_PARSE_FAILED', http: { status: 400, spec: true } }
    throw new GraphQLError(error.message, { extensions, ...(at && { source: at }), ...(positions && { positions }) })
  }
}

function isShareable(schema: GraphQLSchema, document: DocumentNode, operationName: string | null | undefined): boolean {
  const operation = getOperationAST(document, operationName)
  const field = operation?.selectionSet.selections[0]
  if (operation?.operation !== 'subscription' || field?.kind !== Kind.FIELD) return false
  return schema.getSubscriptionType()?.getFields()[field.name.value]?.extensions.sharing === 'STATE'
}
