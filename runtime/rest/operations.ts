import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema, parse, subscribe, validate } from 'graphql'
import type { Caller } from '../../core/access/caller.ts'
import { MediaError } from '../../core/kernel/errors.ts'

export type Data = Record<string, unknown>

/** Runs the GraphQL operations that REST routes are other words for, in process and as the request's caller. */
export class Operations {
  readonly #schema: () => GraphQLSchema
  readonly #context: (caller: Caller) => object
  readonly #documents = new Map<string, DocumentNode>()
  #checkedAgainst: GraphQLSchema | undefined

  constructor(schema: () => GraphQLSchema, context: (caller: Caller) => object) {
    this.#schema = schema
    this.#context = context
  }

  /** @throws {MediaError} the first error of the operation, or `PLUGIN_UNAVAILABLE` when the schema lacks what it asks for. */
  async run(text: string, variableValues: Data, caller: Caller): Promise<Data> {
    const schema = this.#schema()
    const document = this.#document(text, schema)
    return dataOf(await execute({ schema, document, variableValues, contextValue: this.#contextFor(caller) }))
  }

  /** @throws {MediaError} as `run` does, at once or while it is read. */
  async *watch(text: string, variableValues: Data, caller: Caller, signal: AbortSignal): AsyncGenerator<Data> {
    const schema = this.#schema()
    const document = this.#document(text, schema)
    const results = await subscribe({ schema, document, variableValues, contextValue: this.#contextFor(caller) })
    if (!(Symbol.asyncIterator in results)) {
      dataOf(results)
      return
    }
    signal.addEventListener('abort', () => void results.return?.(), { once: true })
    for await (const result of results) yield dataOf(result)
  }

  #contextFor(caller: Caller): object {
    return { ...this.#context(caller), caller }
  }

  /** A document is parsed and checked once for as long as the schema stays the same. */
  #document(text: string, schema: GraphQLSchema): DocumentNode {
    if (this.#checkedAgainst !== schema) this.#documents.clear()
    this.#checkedAgainst = schema
    let document = this.#documents.get(text)
    if (!document) {
      document = parse(text)
      const [mistake] = validate(schema, document)
      // Our own documents are right; a field can only be missing because its plugin is not there.
      if (mistake) throw new MediaError('PLUGIN_UNAVAILABLE', { reason: mistake.message })
      this.#documents.set(text, document)
    }
    return document
  }
}

function dataOf({ data, errors }: ExecutionResult): Data {
  const [error] = errors ?? []
  if (error) throw error.originalError ?? error
  return data ?? {}
}
