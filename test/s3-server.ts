import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type S3rver = { callback(): (request: IncomingMessage, response: ServerResponse) => void; logger: { close(): void } }
const S3rverClass = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: Record<string, unknown>) => S3rver

const S3_KEY = 'S3RVER'
const S3_SECRET = 'S3RVER'
const BUCKET = 'videos'

export type S3Options = {
  /** Whether it keeps the checksums that it is sent, as AWS does. */
  checksums?: boolean
}

/**
 * An S3 server that keeps its objects in a folder, checks signatures, and can go down and come back with them. What it lacks is added here as
 * AWS does it: checksums that are told again, uploads in parts that are listed and aborted, and lists of objects whose address ends with a
 * slash, of which it computes another signature.
 */
export class S3Server implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'patchbay-s3-'))
  readonly #s3: S3rver
  readonly #checksums: Map<string, string> | undefined
  readonly #partSums = new Map<string, Map<number, string>>()
  /** Every request, such as `PUT /videos/a.mp4?partNumber=1`, in the order of their coming. */
  readonly requests: string[] = []
  /** Called with every request; what it awaits holds the request up. Answers whether it was answered. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>) | undefined
  #server: Server | undefined
  #port = 0

  static async start(options: S3Options = {}): Promise<S3Server> {
    const server = new S3Server(options)
    await server.up()
    return server
  }

  private constructor({ checksums = false }: S3Options) {
    this.#s3 = new S3rverClass({ silent: true, directory: this.#folder })
    this.#checksums = checksums ? new Map() : undefined
    mkdirSync(join(this.#folder, BUCKET))
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** What an app has to be told to use it. */
  get settings() {
    const { url: endpoint } = this
    return { provider: 'minio', bucket: BUCKET, region: 'us-east-1', endpoint, forcePathStyle: true, key: S3_KEY, secret: S3_SECRET }
  }

  /** Its folder for an object. */
  fileOf(key: string): string {
    return join(this.#folder, BUCKET, `${key}._S3rver_object`)
  }

  /** Keys of all objects, by name. */
  async keys(): Promise<string[]> {
    const names = await readdir(join(this.#folder, BUCKET), { recursive: true })
    return names.flatMap((name) => /^(.*)\._S3rver_object$/.exec(name)?.[1] ?? []).toSorted()
  }

  /** Ids of the uploads in parts that nobody ended. */
  async uploads(): Promise<string[]> {
    return readdir(this.#uploadsFolder).catch(() => [])
  }

  /** Listens, on the same port as before. */
  async up(): Promise<void> {
    const serve = this.#s3.callback()
    const server = createServer((request, response) => void this.#request(request, response, serve))
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Goes down, in the middle of whatever it does. */
  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    this.#s3.logger.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #uploadsFolder(): string {
    return join(this.#folder, BUCKET, '._S3rver_uploads')
  }

  async #request(
    request: IncomingMessage,
    response: ServerResponse,
    serve: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    this.requests.push(`${request.method} ${decodeURIComponent(url.pathname)}${url.search}`)
    if (await this.intercept?.(request, response)) return
    if (request.method === 'GET' && url.searchParams.has('uploads')) return this.#listUploads(response)
    if (request.method === 'GET' && url.searchParams.has('list-type')) return this.#list(response, url.searchParams.get('prefix') ?? '')
    const uploadId = url.searchParams.get('uploadId')
    if (request.method === 'DELETE' && uploadId !== null) return this.#abort(response, uploadId)
    this.#keepChecksum(request, response, url)
    serve(request, response)
  }

  async #listUploads(response: ServerResponse): Promise<void> {
    const uploads = await Promise.all(
      (await this.uploads()).map(async (id) => ({ id, key: await readFile(join(this.#uploadsFolder, id, 'key'), 'utf8') })),
    )
    const rows = uploads.map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
    response.setHeader('content-type', 'application/xml')
    response.end(`<?xml version="1.0"?><ListMultipartUploadsResult>${rows.join('')}</ListMultipartUploadsResult>`)
  }

  async #list(response: ServerResponse, prefix: string): Promise<void> {
    const keys = (await this.keys()).filter((key) => key.startsWith(prefix))
    const rows = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`)
    response.setHeader('content-type', 'application/xml')
    response.end(`<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListBucketResult>`)
  }

  async #abort(response: ServerResponse, uploadId: string): Promise<void> {
    await rm(join(this.#uploadsFolder, uploadId.replaceAll(/[^a-z0-9]/gi, '')), { recursive: true, force: true })
    response.writeHead(204).end()
  }

  /** What was sent with an object is told with it, when whoever asks wants to know. */
  #keepChecksum({ method, headers }: IncomingMessage, response: ServerResponse, { pathname, searchParams }: URL): void {
    if (!this.#checksums) return
    const sum = headers['x-amz-checksum-sha256']
    const uploadId = searchParams.get('uploadId')
    const part = Number(searchParams.get('partNumber'))
    if (method === 'PUT' && uploadId !== null && typeof sum === 'string') {
      const parts = this.#partSums.get(uploadId) ?? new Map<number, string>()
      this.#partSums.set(uploadId, parts.set(part, sum))
    } else if (method === 'PUT' && typeof sum === 'string') this.#checksums.set(pathname, sum)
    else if (method === 'POST' && uploadId !== null) this.#checksums.set(pathname, composite(this.#partSums.get(uploadId) ?? new Map()))
    const known = this.#checksums.get(pathname)
    if (method === 'HEAD' && headers['x-amz-checksum-mode'] === 'ENABLED' && known) response.setHeader('x-amz-checksum-sha256', known)
  }
}

function composite(parts: ReadonlyMap<number, string>): string {
  const hash = createHash('sha256')
  const numbers = [...parts.keys()].toSorted((a, b) => a - b)
  for (const number of numbers) hash.update(Buffer.from(parts.get(number) ?? '', 'base64'))
  return `${hash.digest('base64')}-${parts.size}`
}
