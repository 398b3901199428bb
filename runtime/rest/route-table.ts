import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Caller } from '../../core/access/caller.ts'
import type { BodyReader } from './body.ts'
import type { Data } from './operations.ts'

/** Who was let in, and what the adapter found out on the way. */
export type Admitted = { readonly caller: Caller }

/** What a request brought, checked. */
export type Input<Who extends Admitted, Params = unknown, Query = unknown, Body = unknown> = {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly who: Who
  readonly request: FastifyRequest
}

/** How a success looks, for the documents and for the test that holds them to the truth. */
export type Success = {
  readonly description: string
  /** JSON when absent, or no body at all when there is no schema either. */
  readonly type?: string
  readonly schema?: z.ZodType
  /** Headers worth telling, and what they say. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * One route: another system's words for one GraphQL operation.
 *
 * Its access is whatever the adapter tells its routes apart by. Without a document nothing is run and `reply` gets no data.
 */
export type Route<
  Access = unknown,
  Who extends Admitted = Admitted,
  Params = unknown,
  Query = unknown,
  Body = unknown,
  Result extends Data = Data,
> = {
  readonly summary: string
  readonly description?: string
  readonly access: Access
  /** Strangers are refused before they are told that a method is wrong. */
  readonly guarded?: boolean
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: BodyReader<Body>
  readonly document?: string
  variables?(input: Input<Who, Params, Query, Body>): Data
  /** A plain value is sent as JSON with the lowest of the documented statuses; an `Answer` as it says. */
  reply(data: Result, input: Input<Who, Params, Query, Body>): unknown
  readonly success: Readonly<Record<number, Success>>
  /** Every refusal that is a part of the documented behaviour, by its status. */
  readonly errors?: Readonly<Record<number, string>>
}

/**
 * Routes by method and path, such as `POST /rooms/{room}/close`. A parameter with a star takes the rest of the path with all
 * its slashes, so that a name which may not hold any is refused in the adapter's words: `/rooms/{room*}/close`.
 */
export type RouteTable<Access = unknown, Who extends Admitted = Admitted> = Readonly<Record<`${Method} /${string}`, Route<Access, Who>>>

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof METHODS)[number]

/** Types a route from its own schemas. */
export function routesOf<Access, Who extends Admitted>() {
  return <Params, Query, Body, Result extends Data>(route: Route<Access, Who, Params, Query, Body, Result>): Route<Access, Who> =>
    route as unknown as Route<Access, Who>
}

/** The routes of each path. */
export function byPath<Access, Who extends Admitted>(table: RouteTable<Access, Who>): Map<string, Map<Method, Route<Access, Who>>> {
  const paths = new Map<string, Map<Method, Route<Access, Who>>>()
  for (const [key, route] of Object.entries(table)) {
    const [method = '', path = ''] = key.split(' ')
    const routes = paths.get(path) ?? new Map<Method, Route<Access, Who>>()
    paths.set(path, routes.set(method as Method, route))
  }
  return paths
}
