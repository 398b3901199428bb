import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import { fetchHandler } from './fetch-handler.ts'
import type { PluginHttp, RawHandler, RequestContext, RouteHandler, UpgradeHandler } from './host.ts'
import { httpError } from './http-errors.ts'
import { PathRouter } from './path-router.ts'
import type { Connection } from './protocol.ts'

/**
 * The HTTP server of a plugin's thread. It never listens: the main thread accepts connections, reads their first head, and
 * hands over those that are for a route of this plugin. Each serves one request, because the next may be for somebody else.
 */
export class ThreadHttp implements PluginHttp {
  readonly #plugin: string
  readonly #log: Log
  readonly #methods = new Map<string, Map<string, RawHandler>>()
  readonly #upgrades = new Map<string, UpgradeHandler>()
  readonly #routeOf = new PathRouter<Map<string, RawHandler>>()
  readonly #upgradeOf = new PathRouter<UpgradeHandler>()
  readonly #sockets = new Map<Socket, Connection | undefined>()
  readonly #server = createServer({ shouldUpgradeCallback: (req) => this.#upgradeOf.find(req.url ?? '') !== undefined })
  #sealed = false
  #closed = false

  constructor(plugin: string, log: Log) {
    this.#plugin = plugin
    this.#log = log
    this.#server.on('request', (req, res) => void this.#request(req, res))
    this.#server.on('upgrade', (req, socket: Socket, head) => void this.#upgrade(req, socket, head))
  }

  route(method: string, path: string, handler: RouteHandler): void {
    this.raw(method, path, fetchHandler(handler))
  }

  raw(method: string, path: string, handler: RawHandler): void {
    this.#checkOpen(path)
    const known = this.#methods.get(path)
    const methods = known ?? new Map<string, RawHandler>()
    if (methods.has(method)) throw new MediaError('CONFLICT', { route: `${method} ${path}` })
    methods.set(method, handler)
    if (known) return
    this.#routeOf.add(path, methods)
    this.#methods.set(path, methods)
  }

  upgrade(path: string, handler: UpgradeHandler): void {
    this.#checkOpen(path)
    this.#upgradeOf.add(path, handler)
    this.#upgrades.set(path, handler)
  }

  /** What was registered. After this nothing more can be: the main thread would not know of it. */
  seal(): { routes: { method: string; path: string }[]; upgrades: string[] } {
    this.#sealed = true
    const routes = [...this.#methods].flatMap(([path, methods]) => [...methods.keys()].map((method) => ({ method, path })))
    return { routes, upgrades: [...this.#upgrades.keys()] }
  }

  /**
   * Takes over a connection, unless the main thread has given up on it.
   * @throws {MediaError} `PLUGIN_UNAVAILABLE` when it is closing: the connection stays where it was.
   */
  adopt(connection: Connection): void {
    if (this.#closed) throw new MediaError('PLUGIN_UNAVAILABLE', { plugin: this.#plugin })
    if (Atomics.compareExchange(new Int32Array(connection.claimed), 0, 0, 1) !== 0) return
    const socket = new Socket({ fd: connection.fd, readable: true, writable: true, allowHalfOpen: true })
    socket.setNoDelay(true)
    this.#sockets.set(socket, connection)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.unshift(connection.head)
    this.#server.emit('connection', socket)
  }

  /** Ends every connection, after what was written has gone out. */
  close(): void {
    this.#closed = true
    for (const socket of this.#sockets.keys()) socket.destroySoon()
  }

  async #request(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const connection = this.#take(req.socket)
    if (!connection) return
    res.shouldKeepAlive = false
    try {
      const found = this.#routeOf.find(req.url ?? '')
      const method = req.method ?? 'GET'
      const handler = found?.value.get(method) ?? (method === 'HEAD' ? found?.value.get('GET') : undefined)
      if (!found) throw new MediaError('NOT_FOUND')
      if (handler) await handler(req, res, context(req, connection, found.params))
      else res.writeHead(405, { allow: [...found.value.keys()].join(', '), 'content-length': 0 }).end()
    } catch (error) {
      this.#fail(error, req, res)
    }
  }

  #fail(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    // A client that went away is no fault of the handler whose reading or writing it interrupted.
    if (!(error instanceof MediaError) && !res.destroyed && !req.errored)
      this.#log.error({ err: error, method: req.method, path: req.url }, 'a route failed')
    if (res.headersSent) {
      res.destroy()
      return
    }
    const { status, headers, body } = httpError(error)
    res.writeHead(status, headers).end(body)
  }

  async #upgrade(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const connection = this.#take(socket)
    const found = this.#upgradeOf.find(req.url ?? '')
    if (!connection || !found) return
    try {
      await found.value(req, socket, head, context(req, connection, found.params))
    } catch (error) {
      if (!(error instanceof MediaError)) this.#log.error({ err: error, path: req.url }, 'an upgrade failed')
      const { status, headers, body } = httpError(error)
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.end(
        `HTTP/1.1 ${status} Error\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    }
  }

  /** The caller was established for the first request of a connection only: a second one is not served. */
  #take(socket: Socket): Connection | undefined {
    const connection = this.#sockets.get(socket)
    if (connection) this.#sockets.set(socket, undefined)
    else socket.destroySoon()
    return connection
  }

  #checkOpen(path: string): void {
    if (this.#sealed) throw new MediaError('CONFLICT', { path, reason: 'routes are registered during setup' })
  }
}

function context(req: IncomingMessage, { caller, remoteAddress, secure }: Connection, params: Record<string, string>): RequestContext {
  const url = new URL(req.url ?? '/', `${secure ? 'https' : 'http'}://${req.headers.host ?? 'localhost'}`)
  return { params, caller, remoteAddress, url }
}
