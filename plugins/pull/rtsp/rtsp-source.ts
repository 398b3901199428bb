import type { LookupFunction } from 'node:net'
import { PullError } from '../pull-error.ts'
import type { Source, SourceListener } from '../source.ts'
import { RtspConnection } from './connection.ts'
import type { RtspMessage } from './messages.ts'
import { type Media, mediaOf } from './sdp.ts'
import { senderReportOf } from './sender-report.ts'

/** How long a session lives without a sign of life when the server does not say, in milliseconds. @see RFC 2326 section 12.37 */
const DEFAULT_SESSION_MS = 60_000
const MAX_REDIRECTS = 3

export type RtspSourceOptions = {
  url: URL
  /** Refuses where nobody may connect to, and answers what resolves the others. */
  guard: (url: string) => Promise<LookupFunction>
  timeoutMs: number
  listener: SourceListener
  signal: AbortSignal
}

type Described = { connection: RtspConnection; answer: RtspMessage; url: string }

/** A camera or server that is read by RTSP, over TCP alone: its packets come in the connection that the requests go out by. */
export class RtspSource implements Source {
  readonly #listener: SourceListener
  readonly #connection: RtspConnection
  readonly #url: string
  readonly #media: readonly Media[]
  #keepAlive: NodeJS.Timeout | undefined
  #closed = false

  /** @throws {PullError} */
  static async open(options: RtspSourceOptions): Promise<RtspSource> {
    // What arrives before the source is there belongs to nobody.
    let source: RtspSource | undefined
    const heard: Heard = {
      interleaved: (channel, data) => {
        if (source) source.#take(channel, data)
      },
      closed: (detail) => {
        if (source) source.#ended(detail)
      },
    }
    const { connection, answer, url } = await describe(options, heard)
    try {
      const media = mediaOf(answer.body, answer.headers.get('content-base')?.[0] ?? answer.headers.get('content-location')?.[0] ?? url)
      if (media.length === 0) throw new PullError('the source has neither video nor audio', { isFinal: true })
      const sessionMs = await setUp(connection, media)
      source = new RtspSource(options, connection, url, media)
      await source.#play(sessionMs)
      return source
    } catch (error) {
      connection.close()
      throw error
    }
  }

  private constructor({ listener }: RtspSourceOptions, connection: RtspConnection, url: string, media: readonly Media[]) {
    this.#listener = listener
    this.#connection = connection
    this.#url = url
    this.#media = media
  }

  /** Cameras can not be asked over TCP by what they all understand; their next keyframe is waited for. */
  requestKeyframe(): void {}

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#keepAlive)
    this.#connection.close(this.#url)
  }

  async #play(sessionMs: number): Promise<void> {
    this.#media.forEach((format, index) => {
      this.#listener.track(index, format)
    })
    await this.#connection.request('PLAY', this.#url, { Range: 'npt=0.000-' })
    const stayAlive = () => void this.#connection.request('OPTIONS', this.#url).catch(() => {}) // its end is heard
    this.#keepAlive = setInterval(stayAlive, sessionMs / 2)
  }

  #take(channel: number, data: Buffer): void {
    const index = channel >> 1
    if (this.#closed || index >= this.#media.length) return
    if ((channel & 1) === 0) {
      this.#listener.packet(index, data)
      return
    }
    const report = senderReportOf(data)
    if (report.goodbye) this.#ended('the source said goodbye')
    else if (report.rtpTime !== undefined) this.#listener.report(index, report.rtpTime, report.wallClockMs)
  }

  #ended(detail: string): void {
    if (this.#closed) return
    this.close()
    this.#listener.ended({ reason: 'LOST', detail })
  }
}

type Heard = { interleaved: (channel: number, data: Buffer) => void; closed: (detail: string) => void }

/** Follows redirects, each of which is guarded like the first address. */
async function describe({ url: first, guard, timeoutMs, signal }: RtspSourceOptions, heard: Heard): Promise<Described> {
  const credentials = credentialsOf(first)
  let url = first
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const bare = withoutCredentials(url)
    const lookup = await guard(bare)
    const isSame = url.host === first.host
    const connection = await RtspConnection.open({
      url,
      credentials: isSame ? credentials : credentialsOf(url),
      lookup,
      timeoutMs,
      ...heard,
    })
    signal.addEventListener('abort', () => connection.close(), { once: true })
    try {
      if (signal.aborted) throw new PullError('stopped')
      const answer = await connection.request('DESCRIBE', bare, { Accept: 'application/sdp' })
      if ((answer.status ?? 0) < 300) return { connection, answer, url: bare }
      connection.close()
      url = new URL(answer.headers.get('location')?.[0] ?? '')
    } catch (error) {
      connection.close()
      throw PullError.of(error, 'the server could not be asked')
    }
  }
  throw new PullError('the server redirects for ever')
}

/** @returns How long the session lives without a sign of life, in milliseconds. */
async function setUp(connection: RtspConnection, media: readonly Media[]): Promise<number> {
  let sessionMs = DEFAULT_SESSION_MS
  for (const [index, { control }] of media.entries()) {
    const channels = `${index * 2}-${index * 2 + 1}`
    const { headers } = await connection.request('SETUP', control, { Transport: `RTP/AVP/TCP;unicast;interleaved=${channels}` })
    const transport = headers.get('transport')?.[0] ?? ''
    if (!new RegExp(`interleaved=${channels}\\b`).test(transport))
      throw new PullError('the server does not send over TCP', { isFinal: true })
    const [, seconds] = /timeout=(\d+)/.exec(headers.get('session')?.[0] ?? '') ?? []
    if (seconds !== undefined) sessionMs = Math.max(5_000, Number(seconds) * 1_000)
  }
  return sessionMs
}

function credentialsOf({ username, password }: URL) {
  return username === '' ? undefined : { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function withoutCredentials(url: URL): string {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare.href
}
