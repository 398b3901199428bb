import { type IncomingMessage, STATUS_CODES } from 'node:http'

/** The head of a request, as it came in. Node's parser keeps the bytes of headers as Latin-1. */
export function headOf(req: IncomingMessage, without: readonly string[] = []): Buffer {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`]
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) {
    const name = req.rawHeaders[index]!
    if (!without.includes(name.toLowerCase())) lines.push(`${name}: ${req.rawHeaders[index + 1]}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

export function isChunked(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined
}

/** A whole response, after which the connection is closed. */
export function errorResponse({ status, headers, body }: { status: number; headers: Record<string, string>; body: string }): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}
