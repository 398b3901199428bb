import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import type { Delivery } from '../../core/events/events.ts'

const TOKEN_CHARS = 22

/** Waits on loopback for what another plugin brings, once; who does not know the token is not listened to. */
export class Inbox implements Disposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #token = randomBytes(16).toString('base64url')
  readonly #arrived = Promise.withResolvers<Socket>()

  static async open(): Promise<Inbox> {
    const inbox = new Inbox()
    inbox.#server.listen(0, '127.0.0.1')
    await once(inbox.#server, 'listening')
    return inbox
  }

  private constructor() {
    this.#server = createServer((socket) => this.#hear(socket))
    this.#arrived.promise.catch(() => {}) // heard by whoever waits
  }

  get delivery(): Delivery {
    return { port: (this.#server.address() as AddressInfo).port, token: this.#token }
  }

  /** What was brought, from its first byte on. It may hold nothing. */
  delivered(signal: AbortSignal): Promise<Socket> {
    const stop = () => this.#arrived.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    return this.#arrived.promise
  }

  [Symbol.dispose](): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #hear(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    const read = () => {
      const head: Buffer | null = socket.read(TOKEN_CHARS)
      if (!head) return
      socket.off('readable', read)
      if (head.length === TOKEN_CHARS && timingSafeEqual(head, Buffer.from(this.#token))) this.#arrived.resolve(socket)
      else socket.destroy()
    }
    socket.on('readable', read)
  }
}
