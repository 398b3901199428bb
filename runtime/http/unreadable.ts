import type { Duplex } from 'node:stream'

/** What Node says of a request that it could not read. */
const UNREADABLE: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
}

/** Answers what is no HTTP request, or one that never came whole. */
export function refuseUnreadable({ code }: { code?: string }, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy()
  const [status, reason] = UNREADABLE[code ?? ''] ?? [400, 'Bad Request']
  const body = JSON.stringify({ error: `${reason}.`, code: status === 408 ? 'TIMEOUT' : 'INPUT_INVALID' })
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}
