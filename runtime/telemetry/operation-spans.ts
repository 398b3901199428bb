import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { type DocumentNode, type ExecutionResult, getOperationAST, Kind } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { MediaError } from '../../core/kernel/errors.ts'
import type { OperationContext } from '../http/graphql-engine.ts'
import { below } from './trace-context.ts'

const NAME_CHARS = 100

type Started = { document: DocumentNode; operationName?: string | null | undefined; contextValue: unknown }

/**
 * One span for each GraphQL operation, below that of the HTTP request it came with. Of a subscription it is the beginning only,
 * and of one that many share the first.
 */
export function operationSpans(tracer: Tracer): Plugin<OperationContext> {
  const begin = ({ document, operationName, contextValue }: Started): Span | undefined => {
    const operation = getOperationAST(document, operationName)
    if (!operation) return undefined
    const { caller } = contextValue as OperationContext
    const [first] = operation.selectionSet.selections
    const field = first?.kind === Kind.FIELD ? first.name.value : 'unnamed'
    const name = (operation.name?.value ?? field).slice(0, NAME_CHARS)
    const attributes = { 'graphql.operation.type': operation.operation, 'graphql.operation.name': name, 'patchbay.caller': caller.id }
    return tracer.startSpan(`${operation.operation} ${name}`, { attributes }, below(caller.trace))
  }

  return {
    onExecute({ args }) {
      const span = begin(args)
      return { onExecuteDone: ({ result }) => end(span, result) }
    },
    onSubscribe({ args }) {
      const { alone, request } = args.contextValue as OperationContext & { request?: Request }
      // Over HTTP, what runs alone runs for a subscription whose beginning is seen already.
      const span = alone && request ? undefined : begin(args)
      return { onSubscribeResult: ({ result }) => end(span, result) }
    },
  }
}

function end(span: Span | undefined, result: object): void {
  if (!span) return
  const [error] = (result as ExecutionResult).errors ?? []
  if (error) {
    // A fault of ours keeps its message to itself, as it does towards callers.
    const cause = error.originalError instanceof MediaError ? error.originalError.code : 'INTERNAL'
    span.setAttribute('error.type', String(error.extensions.code ?? cause)).setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
