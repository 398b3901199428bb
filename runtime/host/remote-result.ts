import { GraphQLError } from 'graphql'
import { MediaError } from '../../core/kernel/errors.ts'
import type { OperationError, OperationResult } from '../../plugins/kit/protocol.ts'
import { fromWire } from '../../plugins/kit/rpc-protocol.ts'

type Path = readonly (string | number)[]

/**
 * Puts each error of a plugin's answer where its value is missing, so that it is reported there, and what is null because of
 * it is decided by the whole schema.
 *
 * @param above Where in the caller's operation the answer belongs.
 * @throws The first error that has no place in the answer.
 */
export function withErrorsInPlace({ data, errors = [] }: OperationResult, above: Path): Record<string, unknown> {
  const root = data ?? {}
  for (const error of errors) {
    if (!error.path || error.path.length === 0) throw toError(error)
    place(root, error, error.path, above)
  }
  return root
}

function place(root: Record<string, unknown>, error: OperationError, path: Path, above: Path): void {
  let holder: Record<string | number, unknown> = root
  for (const [index, key] of path.entries()) {
    const value = holder[key]
    if (value instanceof Error) return
    const isLast = index === path.length - 1
    if (isLast || typeof value !== 'object' || value === null) {
      // What became null around the error stands for it, but the error tells its own place.
      holder[key] = toError(error, isLast ? undefined : [...above, ...path])
      return
    }
    holder = value as Record<string | number, unknown>
  }
}

function toError({ message, coded, extensions = {} }: OperationError, path?: Path): Error {
  const error = coded ? fromWire(coded) : new GraphQLError(message, { extensions, path })
  if (!path || !(error instanceof MediaError)) return error
  return new GraphQLError(error.message, { originalError: error, path })
}
