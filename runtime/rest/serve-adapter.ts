import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'
import { Answer, HandOver, HttpRefusal } from './answer.ts'
import { check, readText, requireType } from './body.ts'
import { validated } from './etag.ts'
import type { Operations } from './operations.ts'
import { matchPath } from './path.ts'
import { type Admitted, byPath, type Input, METHODS, type Method, type Route, type RouteTable } from './route-table.ts'

/** One foreign system's API: its routes, and how it lets in and refuses. */
export type Adapter<Access = unknown, Who extends Admitted = Admitted> = {
  /** Names its description: `/openapi/<name>.json`. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly routes: RouteTable<Access, Who>
  /** Where all of its routes lie. What is unknown there is refused in its words, other methods than those of a route among it. */
  readonly root?: string
  /** Whether answers to GET carry a validator, so that nobody needs to be sent again what they have. */
  readonly etags?: boolean
  /** Whether callers are let in before it is looked at which parameters they name. */
  readonly callerFirst?: boolean
  /** OpenAPI's words for its credentials. */
  readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Lets the caller in or throws. The body has not been read by then. */
  authorize(request: FastifyRequest, route: Route<Access, Who>, params: unknown): Promise<Who>
  /** Anything that was thrown, in its words. */
  refusal(thrown: unknown): Answer
  /** On every answer of its routes; `OPTIONS` is answered with nothing else. */
  headers(request: FastifyRequest): Record<string, string>
}

type Routes<Access, Who extends Admitted> = ReadonlyMap<Method, Route<Access, Who>>

/**
 * Serves an adapter's routes. Each request is checked in this order: parameters (or after the caller), OPTIONS, method, caller,
 * parameters, query, media type, body; then its operation is run as that caller.
 */
export function serveAdapter<Access, Who extends Admitted>(
  app: FastifyInstance,
  adapter: Adapter<Access, Who>,
  options: {
    operations: Operations
    onFault: (error: unknown, request: FastifyRequest) => void
    /** Gives the connection of a request to the plugin that answers this address. Answers whether there is one. */
    handOver: (request: FastifyRequest, reply: FastifyReply, url: string) => boolean
  },
): void {
  const { operations, onFault, handOver } = options

  const answerTo = async (request: FastifyRequest, routes: Routes<Access, Who>, found: Record<string, string> | undefined) => {
    if (!found) throw new HttpRefusal(404)
    const method = request.method as Method
    const [anyRoute] = routes.values()
    const route = routes.get(method) ?? (method === 'HEAD' ? routes.get('GET') : undefined)
    if (!route && adapter.root !== undefined) throw new HttpRefusal(404)
    const params = adapter.callerFirst ? found : checked(anyRoute?.params, found)
    const accepts = acceptedBy(routes)
    if (method === 'OPTIONS' && !route) return new Answer(204, { headers: accepts })

    if (!route) {
      if (anyRoute?.guarded) await adapter.authorize(request, anyRoute, params)
      throw new HttpRefusal(405, { allow: allowedBy(routes), ...accepts })
    }
    const who = await adapter.authorize(request, route, params)
    const given = adapter.callerFirst ? checked(route.params, params) : params
    const query = checked(route.query, request.query)
    const body = route.body && (await bodyOf(request, route.body, accepts))
    const input: Input<Who> = { params: given, query, body, who, request }
    const data = route.document === undefined ? {} : await operations.run(route.document, route.variables?.(input) ?? {}, who.caller)
    const reply = await route.reply(data, input)
    return reply instanceof Answer || reply instanceof HandOver ? reply : new Answer(Number(Object.keys(route.success)[0]), { body: reply })
  }

  const serve = async (
    request: FastifyRequest,
    reply: FastifyReply,
    routes: Routes<Access, Who>,
    found: Record<string, string> | undefined,
  ) => {
    let answer: Answer
    try {
      const given = await answerTo(request, routes, found)
      if (given instanceof HandOver) {
        if (handOver(request, reply, given.url)) return reply
        throw new MediaError('PLUGIN_UNAVAILABLE')
      }
      answer = given
    } catch (error) {
      answer = adapter.refusal(error)
      if (answer.status === 500) onFault(error, request)
    }
    const told = answer.with(adapter.headers(request))
    return send(reply, adapter.etags ? validated(told, request) : told)
  }

  void app.register(async (scope) => {
    if (adapter.root !== undefined) {
      const unknown = new Map()
      for (const url of [adapter.root, `${adapter.root}/*`]) {
        scope.route({
          method: [...METHODS],
          url,
          exposeHeadRoute: false,
          onRequest: (request, reply) => serve(request, reply, unknown, undefined),
          handler: (_request, reply) => reply,
        })
      }
    }
    for (const [path, routes] of byPath(adapter.routes)) {
      const { urls, paramsOf } = matchPath(path)
      for (const url of urls) {
        scope.route({
          method: [...METHODS],
          url,
          exposeHeadRoute: false,
          // Here, because Fastify would have an opinion on the body before anybody has asked who sends it.
          onRequest: (request, reply) => serve(request, reply, routes, paramsOf(request.params as Record<string, string>)),
          handler: (_request, reply) => reply,
        })
      }
    }
  })
}

/** Refuses a request that reached none of an adapter's routes, in its words. */
export function refuseFor(adapter: Pick<Adapter, 'refusal' | 'headers'>, thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  return send(reply, adapter.refusal(thrown).with(adapter.headers(request)))
}

function checked(schema: z.ZodType | undefined, value: unknown): unknown {
  return schema ? check(schema, value) : value
}

async function bodyOf(request: FastifyRequest, reader: NonNullable<Route['body']>, accepts: Record<string, string>): Promise<unknown> {
  try {
    requireType(request.raw, reader)
  } catch (error) {
    throw error instanceof HttpRefusal ? new HttpRefusal(error.status, accepts) : error
  }
  return reader.parse(await readText(request.raw, reader.maxBytes))
}

/** `Accept-Post` and `Accept-Patch`, where a path takes something else than JSON. */
function acceptedBy(routes: ReadonlyMap<Method, Pick<Route, 'body'>>): Record<string, string> {
  const accepts: Record<string, string> = {}
  for (const method of ['POST', 'PATCH'] as const) {
    const type = routes.get(method)?.body?.types[0]
    if (type !== undefined && type !== 'application/json') accepts[`accept-${method.toLowerCase()}`] = type
  }
  return accepts
}

function allowedBy(routes: ReadonlyMap<Method, unknown>): string {
  return METHODS.filter((method) => method === 'OPTIONS' || routes.has(method) || (method === 'HEAD' && routes.has('GET'))).join(', ')
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  void reply.code(status).headers({ ...headers })
  if (body === undefined) return reply.send()
  if (typeof body === 'string') return reply.send(body)
  // As bytes, so that nothing is added to the media type.
  return reply.header('content-type', 'application/json').send(Buffer.from(`${JSON.stringify(body)}\n`))
}
