import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** WebSockets that subscribe and do nothing but count frames, so that reading costs next to nothing. */
export class WsReaders {
  frames = 0
  readonly #sockets: Socket[] = []

  static async open(port: number, count: number, query: string, token: string): Promise<WsReaders> {
    const readers = new WsReaders()
    await Promise.all(Array.from({ length: count }, () => readers.#open(port, query, token)))
    return readers
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #open(port: number, query: string, token: string): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    this.#sockets.push(socket)
    socket.write(
      `GET /graphql?token=${token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
    )
    await once(socket, 'data')
    socket.write(frame({ type: 'connection_init' }))
    await once(socket, 'data')
    const counter = new FrameCounter()
    const first = once(socket, 'data')
    socket.on('data', (chunk) => {
      this.frames += counter.add(chunk)
    })
    socket.write(frame({ id: '1', type: 'subscribe', payload: { query } }))
    await first
  }
}

/** A masked text frame whose mask is zero: the standard asks for a mask, not for a secret one. */
function frame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0x80 | 126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), body])
}

/** Counts the frames of a stream of up to 64 KB each, however it is cut. */
class FrameCounter {
  #rest: Buffer = Buffer.alloc(0)

  add(chunk: Buffer): number {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    let frames = 0
    for (;;) {
      const short = data[at + 1]
      const length = short === 126 ? data.length >= at + 4 && 4 + data.readUInt16BE(at + 2) : short !== undefined && 2 + short
      if (length === false || at + length > data.length) break
      at += length
      frames++
    }
    this.#rest = data.subarray(at)
    return frames
  }
}
