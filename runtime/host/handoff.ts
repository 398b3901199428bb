import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Caller } from '../../core/access/caller.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import { addon } from '../../native/binaries.ts'
import { httpError } from '../../plugins/kit/http-errors.ts'
import type { Connection } from '../../plugins/kit/protocol.ts'
import type { Handoff } from '../http/handoff.ts'
import { HandoffRelay } from './handoff-relay.ts'
import { errorResponse, headOf, isChunked } from './http-text.ts'
import type { Plugin } from './plugin.ts'
import type { PluginHost } from './plugin-host.ts'

type Arrival = Pick<Connection, 'kind' | 'caller' | 'remoteAddress' | 'secure'> & { plugin: Plugin; req: IncomingMessage; socket: Duplex }

/**
 * Hands the connections of plugins' routes to their threads: the socket's descriptor is duplicated, and what was read of the
 * request goes with it. From then on no byte of it passes the main thread.
 *
 * Two kinds can't be handed over and are relayed, which costs the main thread every byte: TLS that Node terminates, whose
 * state stays here, and bodies with chunked transfer coding, whose framing is half read.
 */
export class PluginHandoff implements Handoff {
  readonly #host: PluginHost
  readonly #log: Log
  readonly #relay = new HandoffRelay()

  constructor(host: PluginHost, log: Log) {
    this.#host = host
    this.#log = log
  }

  /** Answers whether the request is for a plugin, and if so, takes it. To be called as soon as the request is there. */
  request(req: IncomingMessage, res: ServerResponse, caller: Caller): boolean {
    const plugin = this.#host.routes.request(req.url ?? '')
    if (!plugin) return false
    // What the kernel has not been asked for yet, the thread will read.
    if (!isRelayed(req)) req.socket.pause()
    this.#request(this.#arrival('request', plugin, req, req.socket, caller), res).catch((error: unknown) =>
      this.#failed(error, plugin, req, res),
    )
    return true
  }

  /** The same for an upgrade. `head` is what came with it of the next protocol. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): boolean {
    const plugin = this.#host.routes.upgrade(req.url ?? '')
    if (!plugin) return false
    const arrival = this.#arrival('upgrade', plugin, req, socket, caller)
    this.#upgrade(arrival, head).catch((error: unknown) => {
      if (!(error instanceof MediaError)) this.#log.error({ err: error, plugin: plugin.name }, 'an upgrade could not be handed over')
      socket.end(errorResponse(httpError(error)))
    })
    return true
  }

  close(): Promise<void> {
    return this.#relay.close()
  }

  /** What is told of the client is read now, while its socket is still there. */
  #arrival(kind: Connection['kind'], plugin: Plugin, req: IncomingMessage, socket: Duplex, caller: Caller): Arrival {
    return { kind, plugin, req, socket, caller, remoteAddress: caller.remoteAddress ?? req.socket.remoteAddress, secure: isTls(req) }
  }

  async #request(arrival: Arrival, res: ServerResponse): Promise<void> {
    const { req, plugin } = arrival
    void plugin.remote
    // On a connection with pipelined requests the answers to those before this one have to be out first.
    if (!res.socket) await Promise.race([once(res, 'socket'), once(req.socket, 'close')])
    if (req.socket.writableLength > 0) await Promise.race([once(req.socket, 'drain'), once(req.socket, 'close')])
    // The parser is still at work on what it has read: it hands out the beginning of the body after this turn.
    await new Promise(setImmediate)
    if (req.socket.destroyed) return

    const { _sent100: continued = false } = res as ServerResponse & { _sent100?: boolean }
    const head = headOf(req, continued ? ['expect'] : [])
    if (isRelayed(req)) {
      const [near, fd] = await this.#relay.pair()
      res.detachSocket(req.socket)
      this.#relay.request(req, near, head)
      await this.#give(arrival, fd, head.subarray(0, 0), near)
      return
    }
    const body: Buffer[] = []
    for (let chunk: Buffer | null = req.read(); chunk !== null; chunk = req.read()) body.push(chunk)
    await this.#give(arrival, this.#take(req.socket), Buffer.concat([head, ...body]))
  }

  async #upgrade(arrival: Arrival, head: Buffer): Promise<void> {
    const { req, plugin } = arrival
    const socket = arrival.socket as Socket
    void plugin.remote
    // What has arrived since the head was read.
    const later: Buffer = socket.read() ?? Buffer.alloc(0)
    const read = Buffer.concat([headOf(req), head, later])
    if (isRelayed(req)) {
      const [near, fd] = await this.#relay.pair()
      this.#relay.upgrade(socket, near, read)
      await this.#give(arrival, fd, read.subarray(0, 0), near)
      return
    }
    await this.#give(arrival, this.#take(socket), read)
  }

  /** The connection's descriptor, without the socket that held it. */
  #take(socket: Socket): number {
    const { _handle: handle } = socket as Socket & { _handle?: { fd: number } }
    if (!handle || handle.fd < 0) throw new MediaError('OVERLOADED', { reason: 'the connection has no descriptor' })
    const fd = addon().dup(handle.fd)
    socket.destroy()
    return fd
  }

  /** Gives the descriptor to the thread. When that is gone before it took it, the client is told so from here. */
  async #give({ plugin, kind, caller, remoteAddress, secure }: Arrival, fd: number, head: Buffer, near?: Socket): Promise<void> {
    const claimed = new SharedArrayBuffer(4)
    try {
      await plugin.remote.http.adopt({ kind, fd, claimed, head, caller, remoteAddress, secure })
    } catch (error) {
      if (Atomics.compareExchange(new Int32Array(claimed), 0, 0, 2) !== 0) return
      const left = new Socket({ fd, readable: true, writable: true })
      left.on('error', () => left.destroy())
      left.resume()
      left.end(errorResponse(httpError(error)))
      near?.resume()
    }
  }

  #failed(error: unknown, { name: plugin }: Plugin, req: IncomingMessage, res: ServerResponse): void {
    if (!(error instanceof MediaError)) this.#log.error({ err: error, plugin, method: req.method }, 'a request could not be handed over')
    if (res.headersSent || req.socket.destroyed) return
    const { status, headers, body } = httpError(error)
    req.socket.resume()
    req.resume()
    res.writeHead(status, { ...headers, connection: 'close' }).end(body)
  }
}

function isTls(req: IncomingMessage): boolean {
  return 'encrypted' in req.socket && req.socket.encrypted === true
}

function isRelayed(req: IncomingMessage): boolean {
  return isTls(req) || isChunked(req)
}
