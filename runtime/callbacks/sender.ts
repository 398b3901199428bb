import { createHmac } from 'node:crypto'
import { Agent, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { OutboundPolicy } from '../../core/kernel/outbound.ts'
import { VERSION } from '../version.ts'
import { Slots } from './slots.ts'

/** One delivery as it goes over the wire; `body` are the exact bytes that are signed. */
export type Message = { id: string; event: string; body: string }

/** What became of an attempt. `retry`: whether another one may do better. */
export type Outcome = { delivered: boolean; retry: boolean; status?: number; error?: string; durationMs: number }

/** Connections to receivers at the same time, of all apps. */
const MOST_CONNECTIONS = 200
/** Of an answer, which nobody reads; a receiver that says more is hung up on. */
const MOST_ANSWER_BYTES = 64 * 1024

/** Brings callbacks to their receivers, over connections that are kept for the next one. */
export class Sender {
  readonly #outbound: OutboundPolicy
  readonly #timeoutMs: number
  readonly #slots = new Slots(MOST_CONNECTIONS)
  readonly #plain = new Agent({ keepAlive: true, maxFreeSockets: 1, timeout: 30_000 })
  readonly #tls = new TlsAgent({ keepAlive: true, maxFreeSockets: 1, timeout: 30_000 })

  constructor(outbound: OutboundPolicy, timeoutMs = 10_000) {
    this.#outbound = outbound
    this.#timeoutMs = timeoutMs
  }

  /** Never rejects. Redirects are not followed: they would lead past the check of the address. */
  attempt(message: Message, to: { url: string; secret: string }, signal: AbortSignal): Promise<Outcome> {
    return this.#slots.run(async () => {
      const started = performance.now()
      const outcome = await this.#try(message, to, signal)
      return { ...outcome, durationMs: Math.round(performance.now() - started) }
    })
  }

  close(): void {
    this.#plain.destroy()
    this.#tls.destroy()
  }

  async #try(
    message: Message,
    { url, secret }: { url: string; secret: string },
    signal: AbortSignal,
  ): Promise<Omit<Outcome, 'durationMs'>> {
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    try {
      this.#outbound.screen(url, { field: 'callbackUrl' })
      const status = await this.#post(new URL(url), message, secret, AbortSignal.any([timeout, signal]))
      if (status >= 200 && status < 300) return { delivered: true, retry: false, status }
      const retry = status >= 500 || status === 408 || status === 429
      return { delivered: false, retry, status, error: status >= 300 && status < 400 ? `HTTP ${status}: not followed` : `HTTP ${status}` }
    } catch (error) {
      const isRefused = error instanceof MediaError || (error as NodeJS.ErrnoException).code === 'EACCES'
      const text = timeout.aborted ? `no answer within ${this.#timeoutMs} ms` : messageOf(error)
      return { delivered: false, retry: !isRefused, error: text }
    }
  }

  /** A kept connection that the receiver closed just then has taken nothing: that is no attempt. */
  async #post(url: URL, message: Message, secret: string, signal: AbortSignal): Promise<number> {
    const first = this.#send(url, message, secret, signal)
    try {
      return await first.status
    } catch (error) {
      const isStale = first.reusedSocket() && (error as NodeJS.ErrnoException).code === 'ECONNRESET' && !signal.aborted
      if (!isStale) throw error
      return this.#send(url, message, secret, signal).status
    }
  }

  #send(url: URL, { id, event, body }: Message, secret: string, signal: AbortSignal) {
    const isTls = url.protocol === 'https:'
    const bytes = Buffer.from(body)
    const request = (isTls ? tlsRequest : plainRequest)(url, {
      method: 'POST',
      agent: isTls ? this.#tls : this.#plain,
      lookup: this.#outbound.lookup,
      signal,
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': bytes.length,
        'User-Agent': `patchbay/${VERSION}`,
        'X-StreamHub-Event': event,
        'X-StreamHub-Delivery': id,
        'X-StreamHub-Timestamp': (JSON.parse(body) as { ts: string }).ts,
        ...(secret !== '' && { 'X-StreamHub-Signature': `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}` }),
      },
    })
    const status = new Promise<number>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        drain(response)
        resolve(response.statusCode ?? 0)
      })
    })
    request.end(bytes)
    return { status, reusedSocket: () => request.reusedSocket }
  }
}

/** Reads an answer to its end, so that the connection can be used again. */
function drain(response: IncomingMessage): void {
  let left = MOST_ANSWER_BYTES
  response
    .on('error', () => {})
    .on('data', ({ length }: Buffer) => {
      left -= length
      if (left < 0) response.destroy()
    })
}
