import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { RequestTrace, RequestTracing } from '../http/request-tracing.ts'
import { below, traceparentOf } from './trace-context.ts'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * One span for each HTTP request, below the caller's when it sends a `traceparent`.
 *
 * Paths are told as the patterns of their routes: a path may hold a stream key.
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export class HttpSpans implements RequestTracing {
  readonly #tracer: Tracer
  readonly #open = new WeakMap<IncomingMessage, Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  begin(request: IncomingMessage, response: ServerResponse): RequestTrace {
    const method = METHODS.has(request.method ?? '') ? (request.method ?? '') : '_OTHER'
    const attributes = { 'http.request.method': method, 'network.protocol.version': request.httpVersion }
    const span = this.#tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, below(request.headers.traceparent))
    this.#open.set(request, span)
    let isOurs = true
    response.once('close', () => {
      if (isOurs) end(span, response)
    })
    return {
      traceparent: traceparentOf(span),
      handedOver: () => {
        isOurs = false
        span.setAttribute('patchbay.handed_over', true)
        span.end()
      },
    }
  }

  /** To be called before routes are added. */
  nameRoutes(app: FastifyInstance): void {
    app.addHook('onRequest', async ({ raw, routeOptions: { url } }) => {
      if (url === undefined) return
      this.#open.get(raw)?.setAttribute('http.route', url).updateName(`${raw.method} ${url}`)
    })
  }
}

function end(span: Span, { statusCode, writableFinished }: ServerResponse): void {
  if (writableFinished) span.setAttribute('http.response.status_code', statusCode)
  else span.addEvent('the client went away')
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
