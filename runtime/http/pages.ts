import { createHash } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MediaError } from '../../core/kernel/errors.ts'
import { pagePolicy } from './headers.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Addresses whose page is one file, whatever their parameters: the page's script reads them. */
export type Page = {
  readonly path: string
  readonly file: string
  readonly embeddable?: boolean
  /** Plays what lies elsewhere, such as in a bucket. */
  readonly playsAnything?: boolean
}

const PAGES: readonly Page[] = [
  { path: '/', file: 'index.html' },
  { path: '/play/:app/:room', file: 'play.html', embeddable: true },
  { path: '/embed/:app/:room', file: 'play.html', embeddable: true },
  { path: '/vod/:app/:number', file: 'vod.html', embeddable: true, playsAnything: true },
  { path: '/publish/:app/:room', file: 'publish.html' },
  { path: '/meet/:app/:room', file: 'meet.html' },
]

/** Serves the files of one folder under `/pages/`, and the pages made of them at their own addresses. */
export function servePages(app: FastifyInstance, folder: string, pages: readonly Page[] = PAGES): void {
  for (const { path, file, embeddable = false, playsAnything = false } of pages) {
    const policy = pagePolicy({ embeddable, playsAnything })
    app.get(path, (request, reply) => sendFile(folder, file, request, reply, policy))
  }
  app.get('/pages/*', (request, reply) => sendFile(folder, (request.params as { '*': string })['*'], request, reply))
}

async function sendFile(
  folder: string,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
  policy = pagePolicy({ embeddable: false }),
): Promise<FastifyReply> {
  const { body, type } = await read(folder, name)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  void reply.header('etag', etag).header('cache-control', 'no-cache')
  if (type.startsWith('text/html')) void reply.header('content-security-policy', policy)
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) ? reply.code(304).send() : reply.type(type).send(body)
}

/** @throws {MediaError} `NOT_FOUND` for what is no file of a known kind inside the folder, links followed. */
async function read(folder: string, name: string): Promise<{ body: Buffer; type: string }> {
  const type = TYPES[extname(name)]
  if (type === undefined || name.includes('\0')) throw new MediaError('NOT_FOUND')
  try {
    const root = await realpath(folder)
    const path = await realpath(join(root, name))
    if (!path.startsWith(root + sep)) throw new MediaError('NOT_FOUND')
    return { body: await readFile(path), type }
  } catch {
    throw new MediaError('NOT_FOUND')
  }
}
