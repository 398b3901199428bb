import { once } from 'node:events'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { PullError } from '../pull-error.ts'
import { Authorization, type Credentials } from './authorization.ts'
import { type RtspMessage, RtspReader } from './messages.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322 }
const USER_AGENT = 'Patchbay'

export type RtspConnectionOptions = {
  url: URL
  credentials: Credentials | undefined
  /** Answers addresses that may be connected to, and no others. */
  lookup: LookupFunction
  timeoutMs: number
  interleaved: (channel: number, data: Buffer) => void
  /** Once, after it was open. */
  closed: (detail: string) => void
}

/** The TCP connection to an RTSP server: one request at a time, packets in between. */
export class RtspConnection {
  readonly #options: RtspConnectionOptions
  readonly #socket: Socket
  #sequence = 0
  #waiting: { sequence: number; settle: (message: RtspMessage) => void } | undefined
  #authorization: Authorization | undefined
  #session: string | undefined
  #closed: string | undefined
  readonly #gone = Promise.withResolvers<never>()

  /** @throws {PullError} */
  static async open(options: RtspConnectionOptions): Promise<RtspConnection> {
    const { url, lookup, timeoutMs } = options
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const address = { host, port: Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 554), lookup }
    const socket = url.protocol === 'rtsps:' ? connectTls({ ...address, servername: host }) : connect(address)
    try {
      await once(socket, url.protocol === 'rtsps:' ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      socket.destroy()
      socket.on('error', () => {}) // told already
      throw PullError.of(error, 'the server can not be reached')
    }
    socket.setNoDelay(true)
    return new RtspConnection(options, socket)
  }

  private constructor(options: RtspConnectionOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    this.#gone.promise.catch(() => {}) // heard by whoever waits for an answer
    const reader = new RtspReader({ interleaved: options.interleaved, message: (message) => this.#take(message) })
    socket.on('data', (bytes) => {
      try {
        reader.push(bytes)
      } catch (error) {
        this.#end(error instanceof Error ? error.message : String(error))
      }
    })
    socket.on('error', ({ message }) => this.#end(message))
    socket.on('close', () => this.#end('the server closed the connection'))
  }

  /**
   * Asks, and once more with credentials when they are asked for.
   *
   * @throws {PullError} for whatever is no success.
   */
  async request(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspMessage> {
    let answer = await this.#ask(method, url, headers)
    const { credentials } = this.#options
    if (answer.status === 401 && credentials) {
      this.#authorization = Authorization.for(answer.headers.get('www-authenticate') ?? [], credentials)
      if (this.#authorization) answer = await this.#ask(method, url, headers)
    }
    this.#session = answer.headers.get('session')?.[0]?.split(';')[0] ?? this.#session
    const { status = 0 } = answer
    if (status === 401 || status === 403)
      throw new PullError(credentials ? 'the server refuses the credentials' : 'the server asks for credentials')
    if (status === 404) throw new PullError('the server has nothing at this address (404)')
    if (status >= 400) throw new PullError(`the server answered ${answer.startLine.slice(0, 80)} to ${method}`)
    return answer
  }

  /** Lets the server know, and does not wait for it. */
  close(farewell?: string): void {
    if (this.#closed === undefined && farewell !== undefined) this.#write('TEARDOWN', farewell, {})
    this.#closed ??= 'closed'
    this.#gone.reject(new PullError('the connection was closed'))
    this.#socket.destroySoon()
  }

  async #ask(method: string, url: string, headers: Readonly<Record<string, string>>): Promise<RtspMessage> {
    if (this.#closed !== undefined) throw new PullError(this.#closed)
    const answered = Promise.withResolvers<RtspMessage>()
    this.#waiting = { sequence: this.#write(method, url, headers), settle: answered.resolve }
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => timeout.reject(new PullError(`the server did not answer ${method} in time`)), this.#options.timeoutMs)
    try {
      return await Promise.race([answered.promise, timeout.promise, this.#gone.promise])
    } finally {
      clearTimeout(timer)
      this.#waiting = undefined
    }
  }

  #write(method: string, url: string, headers: Readonly<Record<string, string>>): number {
    const sequence = ++this.#sequence
    const all: Record<string, string | undefined> = {
      CSeq: String(sequence),
      'User-Agent': USER_AGENT,
      Authorization: this.#authorization?.header(method, url),
      Session: this.#session,
      ...headers,
    }
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}\r\n`))
    this.#socket.write(`${method} ${url} RTSP/1.0\r\n${lines.join('')}\r\n`)
    return sequence
  }

  #take(message: RtspMessage): void {
    const sequence = Number(message.headers.get('cseq')?.[0])
    if (message.status === undefined) this.#socket.write(`RTSP/1.0 501 Not Implemented\r\nCSeq: ${sequence || 0}\r\n\r\n`)
    else if (sequence === this.#waiting?.sequence) this.#waiting.settle(message)
  }

  #end(detail: string): void {
    if (this.#closed !== undefined) return
    this.#closed = detail
    this.#socket.destroy()
    this.#gone.reject(new PullError(detail))
    this.#options.closed(detail)
  }
}
