import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../core/access/caller.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import { errorAnswer } from './errors.ts'
import { graphiqlPage } from './graphiql.ts'
import type { GraphqlEngine } from './graphql-engine.ts'
import { GRAPHIQL_POLICY } from './headers.ts'
import type { HttpServer } from './server.ts'

/**
 * Serves GraphQL over HTTP at `/graphql`: POST with JSON, GET for queries, `Accept: text/event-stream` for subscriptions, and
 * the GraphiQL page for browsers. Everything but that page needs a credential. Only JSON bodies are read, which no page of
 * another site can send unasked.
 *
 * @param cors Headers that let pages elsewhere read the answers. No cookie counts here, so that a page can do what its token allows.
 * @returns Ends the event streams of some callers, such as those whose token was revoked.
 */
export function serveGraphql(
  http: HttpServer,
  engine: GraphqlEngine,
  cors: (request: FastifyRequest) => Readonly<Record<string, string>> = () => ({}),
): { endWhere(matches: (caller: Caller) => boolean): void } {
  const streams = new Map<ServerResponse, Caller>()
  const endWhere = (matches: (caller: Caller) => boolean) => {
    for (const [stream, caller] of streams) if (matches(caller)) stream.end()
  }
  http.onClosing(() => endWhere(() => true))

  void http.app.register(async (scope) => {
    scope.removeContentTypeParser('text/plain')
    scope.addHook('onRequest', async (request, reply) => void reply.headers({ ...cors(request) }))
    scope.route({
      method: ['OPTIONS', 'PUT', 'PATCH', 'DELETE'],
      url: '/graphql',
      handler: ({ method }, reply) => {
        void reply.header('allow', 'GET, HEAD, POST, OPTIONS')
        return method === 'OPTIONS'
          ? reply.code(204).send()
          : reply.code(405).send({ error: `${method} is not possible here.`, code: 'METHOD_NOT_ALLOWED' })
      },
    })
    scope.route({
      method: ['GET', 'POST'],
      url: '/graphql',
      handler: async (request, reply) => {
        if (wantsPage(request)) return sendPage(reply)
        const caller = http.callerOf(request.raw)
        if (caller.kind === 'ANONYMOUS') return sendUnauthenticated(reply)

        const response = await engine.yoga.handleNodeRequestAndResponse(request, reply.raw, { caller })
        void reply.code(response.status).headers(Object.fromEntries(response.headers))
        if (!isStream(response)) return reply.send(await response.text())
        streams.set(reply.raw, caller)
        reply.raw.once('close', () => streams.delete(reply.raw))
        return reply.send(response.body)
      },
    })
  })
  return { endWhere }
}

function wantsPage({ method, headers, query }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html') && !Object.hasOwn(query as object, 'query')
}

function isStream(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('text/event-stream')
}

/** In the shape of a GraphQL answer, so that every client can show it. */
function sendUnauthenticated(reply: FastifyReply): FastifyReply {
  const { status, headers, body } = errorAnswer(new MediaError('UNAUTHENTICATED'))
  const errors = [{ message: body.error, extensions: { code: body.code, class: 'unauthenticated' } }]
  return reply.code(status).headers(headers).send({ errors })
}

async function sendPage(reply: FastifyReply): Promise<FastifyReply> {
  const page = await graphiqlPage()
  return reply.type('text/html; charset=utf-8').header('content-security-policy', GRAPHIQL_POLICY).send(page)
}
