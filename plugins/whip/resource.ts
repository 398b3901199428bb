import type { Log } from '../../core/kernel/log.ts'
import type { PluginHttp, RequestContext, RouteHandler } from '../kit/host.ts'
import { HttpRefusal, refusalOf } from './refusal.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

export type ResourceOptions = {
  log: Log
  retryAfterSeconds: number
}

export type Resource = {
  /** Anything but OPTIONS; what is missing is answered 405. */
  on: { [M in Exclude<Method, 'OPTIONS'>]?: RouteHandler }
  /** What it takes, for OPTIONS and for whoever sends something else: `Accept-Post`, `Accept-Patch`. */
  accepts?: Record<string, string>
  /** More headers for an OPTIONS request that is no CORS preflight, hence may carry a credential. */
  describe?: (request: Request, context: RequestContext) => Promise<Headers>
}

/** Pages of any origin may use the endpoints, but only with a credential of their own: none that the browser keeps is sent. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After',
}
const PREFLIGHT = {
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match, X-Auth-Token',
  'access-control-max-age': '86400',
}
const COMMON = { ...CORS, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }

/** Serves one HTTP resource: CORS, OPTIONS, 405 and refusals, in the words of RFC 9725. */
export function serveResource(http: PluginHttp, path: string, resource: Resource, { log, retryAfterSeconds }: ResourceOptions): void {
  const { on, accepts = {}, describe } = resource
  const allow = METHODS.filter((method) => method === 'OPTIONS' || on[method]).join(', ')

  const options: RouteHandler = async (request, context) => {
    const preflight = request.headers.has('access-control-request-method')
    // A preflight carries no credential, so it is told nothing that needs one.
    const headers = preflight || !describe ? new Headers() : await describe(request, context)
    for (const [name, value] of Object.entries({ allow, ...accepts, ...PREFLIGHT, 'access-control-allow-methods': allow })) {
      headers.set(name, value)
    }
    return new Response(null, { status: 204, headers })
  }

  const refuse = (thrown: unknown, method: string): Response => {
    const { status, headers, body } = refusalOf(thrown, retryAfterSeconds)
    if (status === 500) log.error({ err: thrown, method, path }, 'a request failed')
    const hints = status === 405 ? { allow, ...accepts } : status === 415 ? accepts : {}
    return new Response(body, { status, headers: { ...headers, ...hints } })
  }

  for (const method of METHODS) {
    const handler = method === 'OPTIONS' ? options : (on[method] ?? notAllowed)
    http.route(method, path, async (request, context) => {
      let response: Response
      try {
        response = await handler(request, context)
      } catch (error) {
        response = refuse(error, method)
      }
      for (const [name, value] of Object.entries(COMMON)) response.headers.set(name, value)
      return response
    })
  }
}

function notAllowed(request: Request): never {
  throw new HttpRefusal(405, 'METHOD_NOT_ALLOWED', `${request.method} is not possible here.`)
}

/** Success without content, as GET and HEAD of an endpoint are answered. */
export const noContent: RouteHandler = () => new Response(null, { status: 204 })
