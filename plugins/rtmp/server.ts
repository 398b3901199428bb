import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { Log } from '../../core/kernel/log.ts'
import type { RtmpConfig } from './config.ts'

/** What encoders have to read our last words when the server stops, in milliseconds. */
const GOODBYE_MS = 300
const HANDSHAKE_TIMEOUT_MS = 10_000

/** The listening side: plain and, where it is configured, TLS. */
export class RtmpServer {
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #maxSessions: number
  readonly #log: Log
  readonly #accept: (socket: Socket) => void
  port = 0
  rtmpsPort: number | undefined

  /** @throws {MediaError} `PLUGIN_CONFIG_INVALID` when a port is taken or the certificate can not be used. */
  static async listen(config: RtmpConfig, log: Log, accept: (socket: Socket) => void): Promise<RtmpServer> {
    const server = new RtmpServer(config.maxSessions, log, accept)
    try {
      server.port = await server.#listen('port', createServer(), 'connection', config.host, config.port)
      const { rtmps } = config
      if (rtmps) {
        const { cert, key } = await readCertificate(rtmps)
        const tls = secureServer(cert, key)
        server.rtmpsPort = await server.#listen('rtmps.port', tls, 'secureConnection', config.host, rtmps.port)
      }
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  private constructor(maxSessions: number, log: Log, accept: (socket: Socket) => void) {
    this.#maxSessions = maxSessions
    this.#log = log
    this.#accept = accept
  }

  /** Listens no more; connections that are still there after a moment are cut. */
  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, GOODBYE_MS)
    await Promise.all(closed)
    clearTimeout(timer)
  }

  async #listen(field: string, server: Server, event: 'connection' | 'secureConnection', host: string, port: number): Promise<number> {
    server.on('connection', (socket) => this.#track(socket))
    server.on(event, (socket) => this.#accept(socket))
    server.on('tlsClientError', (error) => this.#log.debug({ err: error }, 'TLS handshake failed'))
    try {
      server.listen(port, host)
      await once(server, 'listening')
    } catch (error) {
      throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: 'rtmp', field, reason: messageOf(error) })
    }
    server.on('error', (error) => this.#log.error({ err: error }, 'the RTMP server has a fault'))
    this.#servers.push(server)
    return (server.address() as AddressInfo).port
  }

  #track(socket: Socket): void {
    socket.on('error', () => {}) // until its connection takes it over
    if (this.#sockets.size >= this.#maxSessions) {
      this.#log.warn({ maxSessions: this.#maxSessions }, 'one connection too many')
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

async function readCertificate({ certFile, keyFile }: { certFile: string; keyFile: string }): Promise<{ cert: Buffer; key: Buffer }> {
  const read = (field: string, path: string) =>
    readFile(path).catch((error: unknown) => {
      throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: 'rtmp', field, reason: messageOf(error) })
    })
  return { cert: await read('rtmps.certFile', certFile), key: await read('rtmps.keyFile', keyFile) }
}

function secureServer(cert: Buffer, key: Buffer): Server {
  try {
    return createTlsServer({ cert, key, handshakeTimeout: HANDSHAKE_TIMEOUT_MS })
  } catch (error) {
    throw new MediaError('PLUGIN_CONFIG_INVALID', { plugin: 'rtmp', field: 'rtmps', reason: messageOf(error) })
  }
}
