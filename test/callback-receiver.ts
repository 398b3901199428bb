import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedCallback = {
  headers: IncomingHttpHeaders
  body: Buffer
  at: number
  json: { id: string; event: string; app: string; room: string | null; ts: string; timestamp: string; data: Record<string, unknown> }
}

/** What a receiver answers: a status, or nothing at all. */
type Reply = (callback: ReceivedCallback, index: number) => number | { status: number; headers: Record<string, string> } | 'HANG'

/** Somebody's webhook, on loopback. */
export class CallbackReceiver implements AsyncDisposable {
  readonly callbacks: ReceivedCallback[] = []
  reply: Reply
  readonly #server: Server
  readonly #port: number
  #heard = Promise.withResolvers<void>()

  static async start(reply: Reply = () => 200, port = 0): Promise<CallbackReceiver> {
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new CallbackReceiver(server, reply)
  }

  private constructor(server: Server, reply: Reply) {
    this.reply = reply
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      const callback = { headers: request.headers, body, at: Date.now(), json: JSON.parse(body.toString()) as ReceivedCallback['json'] }
      this.callbacks.push(callback)
      const answer = this.reply(callback, this.callbacks.length - 1)
      if (typeof answer === 'number') response.writeHead(answer).end('thanks')
      else if (answer !== 'HANG') response.writeHead(answer.status, answer.headers).end()
      this.#heard.resolve()
      this.#heard = Promise.withResolvers()
    })
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook?x=1`
  }

  get events(): string[] {
    return this.callbacks.map(({ json }) => json.event)
  }

  /** The first `count` callbacks, as soon as there are that many. */
  async received(count: number, withinMs = 10_000): Promise<ReceivedCallback[]> {
    const late = AbortSignal.timeout(withinMs)
    const tooLate = once(late, 'abort').then(() => {
      throw new Error(`${this.callbacks.length} of ${count} callbacks came: ${this.events}`)
    })
    tooLate.catch(() => {})
    while (this.callbacks.length < count) await Promise.race([this.#heard.promise, tooLate])
    return this.callbacks.slice(0, count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
