import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** For tests: an RTSP server that sends what ffmpeg encodes, over TCP. */

export type CameraOptions = {
  port?: number
  video?: string
  audio?: string
  credentials?: { user: string; password: string }
  /** Where it sends whoever asks. */
  redirect?: string
}

export const H264 = '-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -g 30'
export const H264_B_FRAMES = '-c:v libx264 -preset veryfast -tune zerolatency -bf 2 -g 30'
export const H265 = '-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=30:bframes=0'
export const AAC = '-c:a aac -ar 48000 -ac 2'
export const PCMA = '-c:a pcm_alaw -ar 8000 -ac 1'
export const OPUS = '-c:a libopus -ar 48000 -ac 2'

export class TestCamera implements AsyncDisposable {
  readonly #options: CameraOptions
  readonly #server: Server
  readonly #encoder: ChildProcess
  readonly #sockets: UdpSocket[]
  readonly #clients = new Set<Socket>()
  readonly #playing = new Set<Socket>()
  readonly #nonce = randomBytes(8).toString('hex')
  readonly #sdp: string
  /** Requests as they came, without headers. */
  readonly requests: string[] = []

  static async start(options: CameraOptions = {}): Promise<TestCamera> {
    const { video = H264, audio = AAC, port = 0 } = options
    const sockets = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4'), createSocket('udp4')]
    await Promise.all(
      sockets.map(async (socket) => {
        socket.bind(0, '127.0.0.1')
        await once(socket, 'listening')
      }),
    )
    const ports = sockets.map((socket) => socket.address().port)
    const sdpFile = join(tmpdir(), `camera-${randomBytes(6).toString('hex')}.sdp`)
    const input = '-re -f lavfi -i testsrc2=size=320x180:rate=30 -re -f lavfi -i sine=frequency=440:sample_rate=48000'
    const rtp = (index: number) => `rtp://127.0.0.1:${ports[index]}?rtcpport=${ports[index + 1]}&pkt_size=1400`
    const args = `-v error ${input} -map 0:v ${video} -pix_fmt yuv420p -f rtp ${rtp(0)}`
    const sound = audio === '' ? '' : ` -map 1:a ${audio} -f rtp ${rtp(2)}`
    const encoder = spawn('ffmpeg', `${args}${sound} -sdp_file ${sdpFile}`.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] })
    let sdp = ''
    while (!/m=video/.test(sdp) || (sound !== '' && !/m=audio/.test(sdp))) {
      sdp = await readFile(sdpFile, 'utf8').catch(() => '')
      await wait(20)
    }
    await rm(sdpFile)
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new TestCamera(options, server, encoder, sockets, sdp)
  }

  private constructor(options: CameraOptions, server: Server, encoder: ChildProcess, sockets: UdpSocket[], sdp: string) {
    this.#options = options
    this.#server = server
    this.#encoder = encoder
    this.#sockets = sockets
    this.#sdp = sdp
    server.on('connection', (client) => this.#serve(client))
    sockets.forEach((socket, channel) => {
      socket.on('message', (packet) => {
        const head = Buffer.of(0x24, channel, packet.length >> 8, packet.length & 0xff)
        for (const client of this.#playing) client.write(Buffer.concat([head, packet]))
      })
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  get url(): string {
    const { credentials } = this.#options
    return `rtsp://${credentials ? `${credentials.user}:${credentials.password}@` : ''}127.0.0.1:${this.port}/live`
  }

  /** Stays connected and sends nothing more. */
  freeze(): void {
    this.#playing.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#encoder.kill('SIGKILL')
    for (const client of this.#clients) client.destroy()
    for (const socket of this.#sockets) socket.close()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(client: Socket): void {
    this.#clients.add(client)
    client.on('error', () => {})
    client.on('close', () => {
      this.#clients.delete(client)
      this.#playing.delete(client)
    })
    let text = ''
    client.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#answer(client, text.slice(0, end))
        text = text.slice(end + 4)
      }
    })
  }

  #answer(client: Socket, request: string): void {
    const [method = '', url = ''] = request.split(' ')
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(request)?.[1]
    const reply = (status: string, headers: Record<string, string> = {}, body = '') => {
      const lines = Object.entries({ CSeq: header('CSeq') ?? '0', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
      client.write(`RTSP/1.0 ${status}\r\n${lines.join('')}${body && `Content-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`)
    }
    this.requests.push(`${method} ${url}`)
    const session = { Session: '1234;timeout=60' }
    if (!this.#isAllowed(method, url, header('Authorization')))
      reply('401 Unauthorized', { 'WWW-Authenticate': `Digest realm="camera", nonce="${this.#nonce}"` })
    else if (this.#options.redirect) reply('302 Moved', { Location: this.#options.redirect })
    else if (!/\/live(\/|$)/.test(url)) reply('404 Not Found')
    else if (method === 'DESCRIBE') reply('200 OK', { 'Content-Type': 'application/sdp', 'Content-Base': `${url}/` }, controlled(this.#sdp))
    else reply('200 OK', method === 'SETUP' ? { ...session, Transport: header('Transport') ?? '' } : session)
    if (method === 'PLAY') this.#playing.add(client)
  }

  #isAllowed(method: string, url: string, authorization: string | undefined): boolean {
    const { credentials } = this.#options
    if (!credentials) return true
    const md5 = (text: string) => createHash('md5').update(text).digest('hex')
    const secret = md5(`${credentials.user}:camera:${credentials.password}`)
    const expected = md5(`${secret}:${this.#nonce}:${md5(`${method}:${url}`)}`)
    return authorization?.includes(`response="${expected}"`) ?? false
  }
}

/** Every `m=` section with a control address of its own. */
function controlled(sdp: string): string {
  let track = 0
  return sdp.slice(sdp.indexOf('v=0')).replace(/^m=.*$/gm, (line) => `${line}\r\na=control:trackID=${track++}`)
}
