import { randomBytes } from 'node:crypto'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { ERRORS, MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'

/**
 * What a client sees of anything that was thrown: our coded errors with code, class and details; what graphql-js says about
 * the request; and of everything else only that it happened, under an id by which the log tells the rest.
 */
export function errorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = causeOf(error)
    const place = error instanceof GraphQLError ? placeOf(error) : {}
    if (cause instanceof MediaError && cause.code !== 'INTERNAL') {
      const { code, class: errorClass, details } = cause
      return new GraphQLError(cause.message, { ...place, extensions: { code, class: errorClass, details } })
    }
    if (cause instanceof GraphQLError) {
      if (typeof cause.extensions.code === 'string') return error instanceof GraphQLError ? error : cause
      return new GraphQLError(cause.message, { ...place, extensions: { code: 'INPUT_INVALID', class: 'invalid', ...cause.extensions } })
    }

    const faultId = randomBytes(6).toString('hex')
    log.error({ err: cause, faultId, path: place.path?.join('.') }, 'a GraphQL field failed')
    return new GraphQLError(ERRORS.INTERNAL[1], { ...place, extensions: { code: 'INTERNAL', class: 'internal', faultId } })
  }
}

/** An error without what was meant for the HTTP layer. */
export function onTheWire(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON()
  const { http: _http, ...shown } = extensions ?? {}
  return Object.keys(shown).length === 0 ? rest : { ...rest, extensions: shown }
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? causeOf(error.originalError) : error
}

function placeOf({ nodes, path }: GraphQLError) {
  return { ...(nodes && { nodes }), ...(path && { path }) }
}
