import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** For tests: files and HLS playlists that ffmpeg made, over HTTP. */
export class TestWeb implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'pull-web-'))
  readonly #server: Server
  /** Paths that lead elsewhere. */
  readonly redirects = new Map<string, string>()
  /** Paths that were asked for. */
  readonly requests: string[] = []

  static async start(): Promise<TestWeb> {
    const web = new TestWeb()
    web.#server.listen(0, '127.0.0.1')
    await once(web.#server, 'listening')
    return web
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = basename(request.url ?? '')
      this.requests.push(path)
      const elsewhere = this.redirects.get(path)
      if (elsewhere !== undefined) {
        response.writeHead(302, { location: elsewhere }).end()
        return
      }
      const file = join(this.folder, path)
      const size = statSync(file, { throwIfNoEntry: false })?.size
      if (size === undefined) {
        response.writeHead(404).end()
        return
      }
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      const start = Number(from ?? 0)
      const end = to ? Number(to) : size - 1
      const head = { 'content-length': end - start + 1, 'accept-ranges': 'bytes' }
      response.writeHead(from ? 206 : 200, from ? { ...head, 'content-range': `bytes ${start}-${end}/${size}` } : head)
      createReadStream(file, { start, end })
        .on('error', () => response.destroy())
        .pipe(response)
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  url(file: string): string {
    return `http://127.0.0.1:${this.port}/${file}`
  }

  /** Has ffmpeg make a file, or a playlist and its segments, of a moving pattern and a tone. */
  make(file: string, { seconds = 4, args }: { seconds?: number; args: string }): string {
    const input = `-f lavfi -i testsrc2=size=320x180:rate=30:duration=${seconds} -f lavfi -i sine=sample_rate=48000:duration=${seconds}`
    execFileSync('ffmpeg', ['-v', 'error', ...input.split(' '), ...args.split(' '), '-pix_fmt', 'yuv420p', join(this.folder, file)])
    return this.url(file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await rm(this.folder, { recursive: true })
  }
}
