import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { MediaError } from '../../../core/kernel/errors.ts'
import { rangeOf } from './byte-range.ts'

export type Served = {
  /** Absolute path. */
  readonly file: string
  readonly type: string
  /** The name that a browser saves it under; absent: it shows it. */
  readonly attachment?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers with a file, or the part of it that is asked for, read no faster than it is taken. @throws {MediaError} `NOT_FOUND` */
export async function serveFile(
  req: IncomingMessage,
  res: ServerResponse,
  { file, type, attachment, headers = {} }: Served,
): Promise<void> {
  const handle = await open(file, 'r').catch(() => {
    throw new MediaError('NOT_FOUND')
  })
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new MediaError('NOT_FOUND')
    const { size, mtime } = stat
    const etag = `"${size.toString(16)}-${Math.round(stat.mtimeMs).toString(16)}"`
    const lastModified = mtime.toUTCString()
    const common = { ...headers, etag, 'last-modified': lastModified, 'accept-ranges': 'bytes' }
    if (isKnown(req, etag, mtime)) return void res.writeHead(304, common).end()
    const range = isSame(req, etag, lastModified) ? rangeOf(req.headers.range, size) : undefined
    if (range === 'NONE') return void res.writeHead(416, { ...common, 'content-range': `bytes */${size}`, 'content-length': 0 }).end()
    const { start, end } = range ?? { start: 0, end: size - 1 }
    res.writeHead(range ? 206 : 200, {
      ...common,
      'content-type': type,
      'content-length': end - start + 1,
      ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
      ...(attachment !== undefined && { 'content-disposition': `attachment; filename="${attachment.replaceAll(/[^\w.-]/g, '-')}"` }),
    })
    if (req.method === 'HEAD' || end < start) return void res.end()
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), res)
  } finally {
    await handle.close()
  }
}

function isKnown({ headers }: IncomingMessage, etag: string, mtime: Date): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  const since = headers['if-modified-since']
  return since !== undefined && Date.parse(since) >= Math.floor(mtime.getTime() / 1_000) * 1_000
}

/** Whether the client has the beginning of this file, and not of another. */
function isSame({ headers }: IncomingMessage, etag: string, lastModified: string): boolean {
  const condition = headers['if-range']
  return condition === undefined || condition === etag || condition === lastModified
}
