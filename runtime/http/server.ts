import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Caller, Grant } from '../../core/access/caller.ts'
import { AddressSet } from '../../core/kernel/addresses.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import { callerOf, type Tokens } from './caller.ts'
import { errorAnswer } from './errors.ts'
import type { Handoff } from './handoff.ts'
import { COMMON_HEADERS } from './headers.ts'
import { requireLocal } from './loopback-guard.ts'
import { remoteAddressOf } from './remote-address.ts'
import type { RequestTracing } from './request-tracing.ts'
import { refuseUnreadable } from './unreadable.ts'

const MAX_BODY_BYTES = 1024 * 1024
const MAX_HEADER_BYTES = 16 * 1024
/** A request that has not arrived whole after this long is given up; uploads that take longer belong to plugins. */
const REQUEST_TIMEOUT_MS = 60_000
const HEADERS_TIMEOUT_MS = 10_000
/** Longer than the idle time of common proxies, so that they and not we end an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** After so long a silence TCP asks whether the far end is still there: viewers who wait for a picture are sent nothing. */
const PROBE_AFTER_MS = 60_000
/** What is being served as closing begins may take this long, so that plugins and rooms have time left to end well. */
const CLOSE_DEADLINE_MS = 2_000

export type HttpServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** PEM texts; absent: plain HTTP. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer }
  readonly log: Log
  readonly tokens: Tokens
  /** Only this machine is served: callers without a credential are kept from coming through proxies and rebound names. */
  readonly loopbackOnly: boolean
  /** Origins whose pages may call a server that only this machine is served by. */
  readonly allowedOrigins?: readonly string[]
  /** What a caller without a credential may do. */
  readonly anonymousGrants: readonly Grant[]
  readonly trustedProxies?: AddressSet
  /** Asked first, for every request and upgrade. */
  readonly handoff?: Handoff
  /** Whether a request carries a valid credential of another kind than our tokens, such as an API key of an adapter. */
  readonly isCredentialed?: (request: IncomingMessage) => boolean
  readonly tracing?: RequestTracing | undefined
}

export type RefuseUnreadable = (request: FastifyRequest, reply: FastifyReply) => unknown
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller) => void

/** The one HTTP listener: says who calls, hands plugins their connections, and gives the rest to Fastify. */
export class HttpServer {
  readonly app: FastifyInstance
  readonly #options: HttpServerOptions
  readonly #trusted: AddressSet
  readonly #callers = new WeakMap<IncomingMessage, Caller>()
  readonly #unreadable = new Map<string, RefuseUnreadable>()
  readonly #upgrades = new Map<string, UpgradeHandler>()
  /** Every connection, as it was accepted. */
  readonly #connections = new Set<Duplex>()
  /** Those on which no request is being served. Browsers open some that never carry one. */
  readonly #resting = new Set<Duplex>()
  readonly #onClosing: (() => void)[] = []
  #server!: Server
  #closing: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#trusted = options.trustedProxies ?? new AddressSet([])
    this.app = fastify({
      serverFactory: (handler) => {
        this.#server = this.#createServer(handler)
        return this.#server
      },
      logger: false,
      bodyLimit: MAX_BODY_BYTES,
      forceCloseConnections: 'idle',
      routerOptions: { maxParamLength: 500 },
      // An address that can not be read reaches no hook, so that it gets its headers here.
      frameworkErrors: (error, request, reply) => {
        const answer: FastifyReply = reply as never
        for (const [root, refuse] of this.#unreadable) if (request.url.startsWith(root)) return void refuse(request as never, answer)
        const { status, body } = errorAnswer(error)
        void answer
          .code(status)
          .headers({ ...COMMON_HEADERS })
          .send(body)
      },
      clientErrorHandler: (error, socket) => refuseUnreadable(error, socket),
    })
    this.app.addHook('onSend', async (_request, reply) => {
      for (const [name, value] of Object.entries(COMMON_HEADERS)) if (!reply.hasHeader(name)) reply.header(name, value)
    })
    this.app.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = errorAnswer(error)
      if (status === 500) options.log.error({ err: error, method: request.method, url: request.url }, 'a request failed')
      return reply
        .code(status)
        .headers({ ...headers })
        .send(body)
    })
    this.app.setNotFoundHandler((_request, reply) =>
      reply.code(404).send({ error: 'Nothing is served at this address.', code: 'NOT_FOUND' }),
    )
  }

  /** Who made a request that this server accepted. */
  callerOf(request: IncomingMessage): Caller {
    const caller = this.#callers.get(request)
    if (!caller) throw new Error('the request did not come through this server')
    return caller
  }

  /**
   * Gives the connection of a request that has no body, and was not answered yet, to the plugin that answers another address: its bytes
   * then pass this thread no more. Answers whether there is such a plugin.
   */
  handOver({ raw: request }: FastifyRequest, reply: FastifyReply, url: string): boolean {
    const { url: asked } = request
    request.url = url
    if (!this.#options.handoff?.request(request, reply.raw, this.callerOf(request))) {
      if (asked !== undefined) request.url = asked
      return false
    }
    reply.hijack()
    return true
  }

  /** Serves WebSocket (or other) upgrades of one path. */
  onUpgrade(path: string, handler: UpgradeHandler): void {
    this.#upgrades.set(path, handler)
  }

  /** Refuses addresses below a root whose percent-encoding can not be read. */
  onUnreadable(root: string, refuse: RefuseUnreadable): void {
    this.#unreadable.set(root, refuse)
  }

  /** Called as closing begins, to tell long-lived clients to go. */
  onClosing(tell: () => void): void {
    this.#onClosing.push(tell)
  }

  /** @returns The port listened on. */
  async listen(): Promise<number> {
    await this.app.listen({ host: this.#options.host, port: this.#options.port })
    return (this.#server.address() as AddressInfo).port
  }

  /** Accepts nothing more, tells clients, waits for what is being served, and cuts what is left when the time is over. */
  close(deadlineMs = CLOSE_DEADLINE_MS): Promise<void> {
    this.#closing ??= this.#close(deadlineMs)
    return this.#closing
  }

  async #close(deadlineMs: number): Promise<void> {
    for (const tell of this.#onClosing) tell()
    for (const socket of this.#resting) socket.destroy()
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy()
    }, deadlineMs)
    try {
      await this.app.close()
    } finally {
      clearTimeout(cut)
    }
  }

  #createServer(handler: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const options: ServerOptions = {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
    }
    const { tls } = this.#options
    const server = tls ? createTlsServer({ ...options, ...tls }) : createServer(options)
    server.on('connection', (socket: Duplex) => remember(this.#connections, socket))
    server.on(tls ? 'secureConnection' : 'connection', (socket: Duplex) => remember(this.#resting, socket))
    server.on('request', (request, response) => this.#request(request, response, handler))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    return server
  }

  #request(
    request: IncomingMessage,
    response: ServerResponse,
    handler: (request: IncomingMessage, response: ServerResponse) => void,
  ): void {
    const { socket } = request
    this.#resting.delete(socket)
    response.once('close', () => {
      if (this.#closing) socket.destroySoon()
      else if (!socket.destroyed) this.#resting.add(socket)
    })
    const trace = this.#options.tracing?.begin(request, response)
    try {
      const caller = this.#admit(request, trace?.traceparent)
      if (this.#options.handoff?.request(request, response, caller)) trace?.handedOver()
      else handler(request, response)
    } catch (error) {
      const { status, headers, body } = this.#refusal(error, request)
      response.writeHead(status, { ...COMMON_HEADERS, ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#resting.delete(socket)
    socket.on('error', () => socket.destroy())
    try {
      const caller = this.#admit(request)
      if (this.#options.handoff?.upgrade(request, socket, head, caller)) return
      const handler = this.#upgrades.get(pathOf(request))
      if (!handler) throw new MediaError('NOT_FOUND')
      handler(request, socket, head, caller)
    } catch (error) {
      const { status, body } = this.#refusal(error, request)
      const text = JSON.stringify(body)
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      )
    }
  }

  #admit(request: IncomingMessage, trace?: string): Caller {
    const { tokens, anonymousGrants, loopbackOnly, allowedOrigins, isCredentialed } = this.#options
    const known = callerOf(request, remoteAddressOf(request, this.#trusted), tokens, anonymousGrants)
    const caller = trace === undefined ? known : { ...known, trace }
    this.#callers.set(request, caller)
    const guarded = loopbackOnly && caller.kind === 'ANONYMOUS' && pathOf(request) !== '/healthz'
    if (guarded && !isCredentialed?.(request)) requireLocal(request, allowedOrigins)
    return caller
  }

  #refusal(error: unknown, request: IncomingMessage) {
    const answer = errorAnswer(error)
    if (answer.status === 500) this.#options.log.error({ err: error, method: request.method, url: request.url }, 'a request failed')
    return answer
  }
}

function remember(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
