import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { PullError } from '../pull-error.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export type FetchOptions = {
  /** Refuses where nobody may connect to, and answers what resolves the others. */
  guard: (url: string) => Promise<LookupFunction>
  range?: string
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Asks for a URL; every host on the way is guarded like the first one.
 *
 * @returns The answer, and the URL that it came from in the end.
 * @throws {PullError} or what `guard` throws.
 */
export async function fetchGuarded(url: string, options: FetchOptions): Promise<{ response: IncomingMessage; url: string }> {
  let at = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await ask(new URL(at), await options.guard(at), options)
    if (!REDIRECTS.has(response.statusCode ?? 0)) return { response, url: at }
    response.resume()
    const location = URL.parse(response.headers.location ?? '', at)
    if (!location) throw new PullError('the server redirects to nowhere')
    at = location.href
  }
  throw new PullError('the server redirects for ever')
}

function ask(url: URL, lookup: LookupFunction, { range, timeoutMs, signal }: FetchOptions): Promise<IncomingMessage> {
  const { username, password } = url
  const auth = username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const headers = { 'user-agent': 'Patchbay', accept: '*/*', ...(range !== undefined && { range }) }
  return new Promise((resolve, reject) => {
    const asked = request(url, { lookup, headers, signal, ...(auth && { auth }) })
    const timer = setTimeout(() => asked.destroy(new PullError('the server did not answer in time')), timeoutMs)
    asked.once('response', (response) => {
      clearTimeout(timer)
      resolve(response)
    })
    asked.on('error', (error) => {
      clearTimeout(timer)
      reject(PullError.of(error, 'the server can not be reached'))
    })
    asked.end()
  })
}
