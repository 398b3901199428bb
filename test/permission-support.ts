import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'
import type { TestRuntime } from './harness.ts'

export type Operation = { query: string; variables: Record<string, unknown> }

/** Asks for a field with what it requires and no more. */
export function operationOf(
  kind: string,
  { name, args, type }: GraphQLField<unknown, unknown>,
  examples: Readonly<Record<string, unknown>>,
): Operation {
  const required = args.filter(({ type: of }) => isNonNullType(of))
  const declared = required.map((one) => `$${one.name}: ${one.type}`).join(', ')
  const passed = required.map((one) => `${one.name}: $${one.name}`).join(', ')
  const selection = isLeafType(getNamedType(type)) ? '' : ' { __typename }'
  return {
    query: `${kind} ${declared && `(${declared})`} { ${name}${passed && `(${passed})`}${selection} }`,
    variables: Object.fromEntries(required.map((one) => [one.name, exampleOf(one.name, one.type, examples)])),
  }
}

function exampleOf(name: string, type: GraphQLInputType, examples: Readonly<Record<string, unknown>>): unknown {
  if (isNonNullType(type)) return exampleOf(name, type.ofType, examples)
  if (isListType(type)) return [exampleOf(name, type.ofType, examples)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(({ type: of }) => isNonNullType(of))
    return Object.fromEntries(required.map((one) => [one.name, exampleOf(one.name, one.type, examples)]))
  }
  if (type.name === 'JSON') return {}
  if (type.name === 'Boolean') return false
  if (type.name === 'Int') return 1
  return examples[name] ?? 'unknown'
}

/** The codes of the first answer's errors. */
export async function codesOf(server: TestRuntime, operation: Operation, token: string | undefined): Promise<unknown[]> {
  const isSubscription = operation.query.startsWith('subscription')
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(isSubscription && { accept: 'text/event-stream' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(operation),
  })
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return codesIn(await response.text())
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const data = /^data: (\{.*)$/m.exec(chunk)?.[1]
    if (data !== undefined) return codesIn(data)
    // A stream that is silent until something happens has let its caller in.
    if (chunk.startsWith(':')) return []
  }
  return []
}

function codesIn(text: string): unknown[] {
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: unknown } }[] }
  return errors.map(({ extensions }) => extensions?.code)
}
