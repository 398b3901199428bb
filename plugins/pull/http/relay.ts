import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../../../core/kernel/errors.ts'
import type { Log } from '../../../core/kernel/log.ts'
import { PullError } from '../pull-error.ts'
import { type FetchOptions, fetchGuarded } from './fetch.ts'
import { isEnded, isPlaylist, rewritten } from './playlist.ts'

const MAX_PLAYLIST_BYTES = 2 << 20
/** The mark of a playlist with a byte order mark before it is shorter. */
const HEAD_BYTES = 16
/** Addresses that playlists named; the oldest are forgotten first. */
const MAX_ADDRESSES = 5_000
const PASSED_ON = ['content-type', 'content-length', 'content-range', 'accept-ranges', 'last-modified', 'etag'] as const

export type RelayOptions = Omit<FetchOptions, 'range'> & { url: string; log: Log }

/**
 * All that a pipeline loads by HTTP comes through here, on loopback: it knows no other address, neither the source's nor those
 * in its playlists, and no password. Requests, redirects and playlists' entries are guarded one by one.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #server: Server
  readonly #secret = randomBytes(16).toString('base64url')
  readonly #numbers = new Map<string, number>()
  readonly #addresses = new Map<number, string>()
  readonly #abort = new AbortController()
  #last = 0
  #open = 0
  #isLive = false
  /** The last thing that went wrong on the way to the source. */
  failure: string | undefined
  receivedBytes = 0

  static async open(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  private constructor(options: RelayOptions) {
    this.#options = options
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** Where the pipeline finds the source. */
  get url(): string {
    return this.#own(this.#options.url)
  }

  /** Whether everything there is has been loaded: a file, or a playlist that nothing is added to. */
  get isDone(): boolean {
    return this.#last > 0 && this.#open === 0 && !this.#isLive
  }

  close(): void {
    this.#abort.abort()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, secret, number] = (request.url ?? '').split('/')
    const url = secret === this.#secret ? this.#addresses.get(Number(number)) : undefined
    if (url === undefined) {
      response.writeHead(404).end()
      return
    }
    this.#open++
    try {
      await this.#relay(url, request, response)
    } catch (error) {
      if (!response.destroyed && !this.#abort.signal.aborted) this.#failed(messageOf(error))
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    } finally {
      this.#open--
    }
  }

  async #relay(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { range } = request.headers
    const signal = AbortSignal.any([this.#options.signal, this.#abort.signal])
    const answer = await fetchGuarded(url, { ...this.#options, signal, ...(range !== undefined && { range }) })
    const source = answer.response
    const { statusCode = 502 } = source
    response.once('close', () => source.destroy())
    if (statusCode >= 400) this.#failed(`the server answers ${statusCode}`)
    const head = await firstOf(source)
    if (statusCode < 300 && isPlaylist(head)) {
      const playlist = await wholeOf(source)
      this.#isLive = /^#EXTINF/m.test(playlist) && !isEnded(playlist)
      const body = rewritten(playlist, answer.url, (address) => this.#own(address))
      response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(body)
      return
    }
    const headers = PASSED_ON.flatMap((name) => (source.headers[name] === undefined ? [] : [[name, source.headers[name]]]))
    response.writeHead(statusCode, Object.fromEntries(headers))
    source.on('data', ({ length }: Buffer) => {
      this.receivedBytes += length
    })
    source.pause()
    await pipeline(source, response)
  }

  #own(url: string): string {
    let number = this.#numbers.get(url)
    if (number === undefined) {
      number = ++this.#last
      this.#numbers.set(url, number)
      this.#addresses.set(number, url)
      const [oldest] = this.#numbers.size > MAX_ADDRESSES ? [...this.#numbers].slice(1, 2) : []
      if (oldest) {
        this.#numbers.delete(oldest[0])
        this.#addresses.delete(oldest[1])
      }
    }
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${this.#secret}/${number}`
  }

  #failed(failure: string): void {
    this.failure = failure
    this.#options.log.debug({ failure }, 'a part of the source could not be loaded')
  }
}

/** The first bytes of a body, which stay in it: enough to tell what it is, however few a server sends at a time. */
async function firstOf(source: IncomingMessage): Promise<Buffer> {
  let head = Buffer.alloc(0)
  while (head.length < HEAD_BYTES && !source.readableEnded && !source.destroyed) {
    const chunk: Buffer | null = source.read()
    if (chunk) head = Buffer.concat([head, chunk])
    else await Promise.race([once(source, 'readable'), once(source, 'end'), once(source, 'close')])
  }
  if (head.length > 0) source.unshift(head)
  return head
}

async function wholeOf(source: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > MAX_PLAYLIST_BYTES) throw new PullError('the playlist is too long')
  }
  return Buffer.concat(chunks).toString('utf8')
}
