import type { IncomingMessage, ServerResponse } from 'node:http'

/** Follows requests, for whoever traces them. */
export type RequestTracing = {
  /** Called for every request, as soon as its head has been read. */
  begin(request: IncomingMessage, response: ServerResponse): RequestTrace
}

export type RequestTrace = {
  /** The request's place in its trace: what is done for it belongs below. */
  readonly traceparent: string
  /** A plugin has taken the connection: how the request is answered will not be seen here. */
  handedOver(): void
}
