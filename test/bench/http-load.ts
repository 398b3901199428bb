import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type Load = { port: number; path: string; body: string; headers?: Record<string, string>; connections: number; durationMs: number }

/** POSTs the same body over and over, one request at a time on each connection. @returns How many were answered with 200. */
export async function httpLoad({ port, path, body, headers = {}, connections, durationMs }: Load): Promise<number> {
  const lines = Object.entries({
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  const request = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
  const endsAt = performance.now() + durationMs
  const counts = await Promise.all(Array.from({ length: connections }, () => repeat(connect(port, '127.0.0.1'), request, endsAt)))
  return counts.reduce((total, count) => total + count, 0)
}

async function repeat(socket: Socket, request: string, endsAt: number): Promise<number> {
  let answered = 0
  let pending = ''
  await once(socket, 'connect')
  socket.setEncoding('latin1').on('data', (text: string) => {
    pending += text
    const length = lengthOf(pending)
    if (length === undefined || pending.length < length) return
    if (!pending.startsWith('HTTP/1.1 200')) socket.destroy(new Error(pending.slice(0, length)))
    pending = pending.slice(length)
    answered++
    if (performance.now() < endsAt) socket.write(request)
    else socket.end()
  })
  socket.write(request)
  await once(socket, 'close')
  return answered
}

/** Bytes of a whole answer, as soon as its head says so. */
function lengthOf(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head)) ?? []
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, head)}`)
  return head + 4 + Number(length)
}
