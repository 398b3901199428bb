import { MediaError } from '../../../core/kernel/errors.ts'

export type RtspMessage = {
  /** Undefined when the server asks something of us. */
  status: number | undefined
  /** `RTSP/1.0 200 OK`, or `OPTIONS rtsp://… RTSP/1.0`. */
  startLine: string
  /** By name in small letters, all values in order. */
  headers: ReadonlyMap<string, readonly string[]>
  body: string
}

type Listener = { message(message: RtspMessage): void; interleaved(channel: number, data: Buffer): void }

const INTERLEAVED = 0x24
const MAX_HEAD_BYTES = 32 << 10
const MAX_BODY_BYTES = 256 << 10

/** Cuts what an RTSP server sends into messages and interleaved packets. @see RFC 2326 section 10.12 */
export class RtspReader {
  readonly #listener: Listener
  #pending: Buffer = Buffer.alloc(0)

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** @throws {MediaError} `INPUT_INVALID` for what is no RTSP. */
  push(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    let at = 0
    for (let used = this.#take(at); used > 0; used = this.#take(at)) at += used
    this.#pending = this.#pending.subarray(at)
  }

  /** @returns Bytes that were used; 0 when more are needed. */
  #take(at: number): number {
    const rest = this.#pending.subarray(at)
    if (rest.length < 4) return 0
    return rest[0] === INTERLEAVED ? this.#takePacket(rest) : this.#takeMessage(rest)
  }

  #takePacket(rest: Buffer): number {
    const length = rest.readUInt16BE(2)
    if (rest.length < 4 + length) return 0
    this.#listener.interleaved(rest[1]!, rest.subarray(4, 4 + length))
    return 4 + length
  }

  #takeMessage(rest: Buffer): number {
    const headBytes = rest.indexOf('\r\n\r\n')
    if (headBytes > MAX_HEAD_BYTES || (headBytes < 0 && rest.length > MAX_HEAD_BYTES)) throw notRtsp('its headers are too long')
    if (headBytes < 0) return 0
    const [startLine = '', ...lines] = rest.toString('utf8', 0, headBytes).split('\r\n')
    const [, status] = /^RTSP\/\d\.\d (\d{3})/.exec(startLine) ?? []
    if (status === undefined && !/ RTSP\/\d\.\d$/.test(startLine)) throw notRtsp('it answers something else')
    const headers = headersOf(lines)
    const bodyBytes = Number(headers.get('content-length')?.[0] ?? 0)
    if (!(bodyBytes >= 0 && bodyBytes <= MAX_BODY_BYTES)) throw notRtsp('its answer is too long')
    const end = headBytes + 4 + bodyBytes
    if (rest.length < end) return 0
    const body = rest.toString('utf8', headBytes + 4, end)
    this.#listener.message({ status: status === undefined ? undefined : Number(status), startLine, headers, body })
    return end
  }
}

function headersOf(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  return headers
}

function notRtsp(reason: string): MediaError {
  return new MediaError('INPUT_INVALID', { field: 'url', reason: `the server speaks no RTSP: ${reason}` })
}
