import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLSchema,
  isObjectType,
  parse,
  subscribe,
} from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { Operation, OperationError, OperationResult, ThreadApi } from './protocol.ts'
import { isAsyncIterable, toWire } from './rpc-protocol.ts'
import type { PluginContext } from './schema.ts'

/** Parsed operations that are kept; the one used least recently goes first. */
const KEPT_DOCUMENTS = 500
const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])

/** Answers the plugin's part of the callers' operations with its own schema. */
export class GraphQLExecutor implements GraphQLAnswers {
  readonly #owner: string
  readonly #schema: GraphQLSchema
  readonly #log: Log
  readonly #documents = new Map<string, DocumentNode>()
  readonly #extensions = new Map<string, GraphQLSchema>()

  constructor(owner: string, schema: GraphQLSchema, log: Log) {
    this.#owner = owner
    this.#schema = schema
    this.#log = log
  }

  readonly execute = async (operation: Operation, signal: AbortSignal = new AbortController().signal): Promise<OperationResult> => {
    return this.#toWire(await execute(this.#args(operation, signal)))
  }

  readonly subscribe = async (operation: Operation, signal: AbortSignal = new AbortController().signal) => {
    const results = await subscribe(this.#args(operation, signal))
    return isAsyncIterable(results) ? this.#each(results) : single(this.#toWire(results))
  }

  #each(results: AsyncGenerator<ExecutionResult>): AsyncIterableIterator<OperationResult> {
    const toWire = (result: IteratorResult<ExecutionResult>): IteratorResult<OperationResult> =>
      result.done ? { value: undefined, done: true } : { value: this.#toWire(result.value), done: false }
    // Not a generator: its `return` would wait behind a `next` that waits for an event.
    return {
      next: async () => toWire(await results.next()),
      return: async () => toWire(await results.return(undefined)),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  #args({ type, id, document, variables, caller }: Operation, signal: AbortSignal): ExecutionArgs {
    const contextValue: PluginContext = { caller, signal }
    return {
      schema: this.#schemaOf(type),
      document: this.#parse(document),
      rootValue: id === undefined ? undefined : { id },
      variableValues: variables,
      contextValue,
    }
  }

  /** For the fields added to a core type, a schema of the same types that has the core type as its root. */
  #schemaOf(type: string): GraphQLSchema {
    if (ROOTS.has(type)) return this.#schema
    const known = this.#extensions.get(type)
    if (known) return known
    const query = this.#schema.getType(type)
    if (!isObjectType(query)) throw new MediaError('NOT_FOUND', { type })
    const schema = new GraphQLSchema({ query, types: Object.values(this.#schema.getTypeMap()), assumeValid: true })
    this.#extensions.set(type, schema)
    return schema
  }

  #parse(text: string): DocumentNode {
    const document = this.#documents.get(text) ?? parse(text, { noLocation: true })
    this.#documents.delete(text)
    this.#documents.set(text, document)
    if (this.#documents.size > KEPT_DOCUMENTS) this.#documents.delete(this.#documents.keys().next().value ?? text)
    return document
  }

  #toWire({ data, errors }: ExecutionResult): OperationResult {
    return { data: data ?? null, ...(errors ? { errors: errors.map((error) => this.#errorToWire(error)) } : {}) }
  }

  #errorToWire(error: GraphQLError): OperationError {
    const path = error.path ? { path: [...error.path] } : {}
    const { originalError } = error
    if (originalError instanceof MediaError) {
      return { message: originalError.message, ...path, coded: toWire(originalError) }
    }
    // Without an original error it is graphql's own, or one that the plugin means to be read as it is.
    if (!originalError || originalError instanceof GraphQLError) {
      const formatted: GraphQLFormattedError = error.toJSON()
      return { message: error.message, ...path, extensions: formatted.extensions ?? {} }
    }
    this.#log.error({ err: originalError, path: error.path }, 'a resolver failed')
    const masked = new MediaError('INTERNAL', { owner: this.#owner })
    return { message: masked.message, ...path, coded: toWire(masked) }
  }
}

type GraphQLAnswers = ThreadApi['graphql']

async function* single<T>(value: T): AsyncGenerator<T> {
  yield value
}
