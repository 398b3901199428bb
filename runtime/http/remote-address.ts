import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type AddressSet, unmapped } from '../../core/kernel/addresses.ts'

/** Who is at the far end: the peer, or, behind proxies that are trusted, the first address of the chain that is not one of them. */
export function remoteAddressOf(request: IncomingMessage, trusted: AddressSet): string {
  const peer = unmapped(request.socket.remoteAddress ?? '')
  if (!trusted.has(peer)) return peer

  let nearest = peer
  for (const address of forwardedFor(request).reverse()) {
    if (isIP(address) === 0) break
    nearest = address
    if (!trusted.has(address)) break
  }
  return nearest
}

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip', 'via']

/** Whether something between the client and us says that it passed the request on. */
export function isProxied(request: IncomingMessage): boolean {
  return PROXY_HEADERS.some((name) => request.headers[name] !== undefined)
}

function forwardedFor(request: IncomingMessage): string[] {
  const listed = request.headers['x-forwarded-for']
  const chain = listed === undefined ? fromForwarded(request.headers.forwarded ?? '') : String(listed).split(',')
  return chain.map(bare)
}

/** The `for` of every hop. @see RFC 7239 section 5.2 */
function fromForwarded(header: string): string[] {
  return header.split(',').map((hop) => /(?:^|;)\s*for=("?)([^";,]*)\1/i.exec(hop)?.[2] ?? '')
}

/** An address without port and brackets: `[2001:db8::1]:80`, `192.0.2.1:80`. */
function bare(hop: string): string {
  const text = hop.trim()
  const bracketed = /^\[([^\]]*)\]/.exec(text)?.[1]
  if (bracketed !== undefined) return bracketed
  return unmapped(text.split(':').length === 2 ? text.slice(0, text.indexOf(':')) : text)
}
