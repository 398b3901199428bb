import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { RawHandler, RequestContext, RouteHandler } from './host.ts'

/** Lets a handler of `Request` and `Response` answer Node's. */
export function fetchHandler(handler: RouteHandler): RawHandler {
  return async (req, res, context) => {
    const gone = new AbortController()
    res.once('close', () => {
      if (!res.writableFinished) gone.abort()
    })
    const response = await handler(toRequest(req, context, gone.signal), context)
    if (!res.destroyed) await send(response, req, res)
  }
}

function toRequest(req: IncomingMessage, { url }: RequestContext, signal: AbortSignal): Request {
  const method = req.method ?? 'GET'
  const headers = new Headers()
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) headers.append(req.rawHeaders[index]!, req.rawHeaders[index + 1]!)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  // A body that is a stream must say so; the type of `RequestInit` does not know the word yet.
  const streaming = { duplex: 'half' }
  return new Request(url, { method, headers, signal, body: Readable.toWeb(req) as globalThis.ReadableStream<Uint8Array>, ...streaming })
}

async function send(response: Response, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  res.writeHead(response.status, headers)
  if (!response.body || req.method === 'HEAD') {
    await response.body?.cancel()
    res.end()
    return
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), res)
}
