import { access } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { MediaError } from '../../../core/kernel/errors.ts'
import type { AppInfo } from '../../kit/core-api.ts'
import type { Host, RequestContext } from '../../kit/host.ts'
import { recordingsFolder } from '../files.ts'
import type { RecordingRow, RecordingStore } from '../store.ts'
import { mediaType } from '../upload/media-types.ts'
import { downloadName } from './download-name.ts'
import type { Passes } from './passes.ts'
import { playbackInfo } from './playback-info.ts'
import { isRecord } from './record-files.ts'
import { serveFile } from './serve-file.ts'
import { variantsOf } from './variant-rows.ts'
import type { Vault } from './vault.ts'

/** Below a recording: `720p/index.m3u8`, `storyboard/001.jpg`. */
const BELOW = /^(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_-]+\.[a-z0-9]+$/
/** What names other files beside itself must come from here, or they would be looked for elsewhere. */
const NAMING = /\.(m3u8|vtt)$/
const LARGEST_LIST = 4 << 20
/** The link that is redirected to lasts as long as somebody may watch in one go, in seconds. */
const REDIRECT_S = 6 * 3_600

/** Whoever has the link may read it, from any page. */
const OPEN = { 'access-control-allow-origin': '*', 'x-content-type-options': 'nosniff' }

export type MediaGround = {
  readonly host: Pick<Host, 'core' | 'http'>
  readonly store: RecordingStore
  readonly vault: Vault
  readonly passes: Passes
}

/**
 * What is seen of recordings: `/vod/:app/:number/media/:pass/` and then `info.json`, `file`, `thumbnail.jpg`, or the name of a file of
 * its variants. What is not here any more is read from the bucket.
 */
export function serveMedia(ground: MediaGround): void {
  const { host, store, vault, passes } = ground
  host.http.raw('GET', '/vod/:app/:number/media/:pass/*', async (req, res, context) => {
    const { app: name = '', number = '', pass = '', '*': path = '' } = context.params
    const app = await host.core.apps.get(name)
    if (!(await passes.admits(app, `vod/${number}`, pass))) throw new MediaError('FORBIDDEN', { reason: 'the link is not valid any more' })
    const row = await store.find(app.name, Number(number))
    if (row?.state !== 'READY') throw new MediaError('NOT_FOUND')
    if (path === 'info.json') return json(res, playbackInfo(row, await variantsOf(await store.of(app.name), row.number)))
    const found = resource(app, row, path)
    await serve(req, res, context, app, found)
  })

  host.http.raw('GET', '/vod/:app/files/:pass/:file', async (req, res, { params: { app: name = '', pass = '', file = '' } }) => {
    const app = await host.core.apps.get(name)
    if (!isRecord(file)) throw new MediaError('NOT_FOUND', { file })
    if (!(await passes.admits(app, `file/${file}`, pass))) throw new MediaError('FORBIDDEN', { reason: 'the link is not valid any more' })
    await serveFile(req, res, { file: join(recordingsFolder(app), file), type: mediaType(file), headers: OPEN })
  })

  async function serve(req: IncomingMessage, res: ServerResponse, { url }: RequestContext, app: AppInfo, found: Resource): Promise<void> {
    const isHere =
      found.local !== undefined &&
      (await access(found.local).then(
        () => true,
        () => false,
      ))
    const attachment = url.searchParams.has('download') ? found.saveAs : undefined
    const headers = { ...OPEN, 'cache-control': 'private, max-age=3600' }
    if (isHere && found.local !== undefined) {
      const served = { file: found.local, type: mediaType(found.local), headers, ...(attachment !== undefined && { attachment }) }
      return serveFile(req, res, served)
    }
    const bucket = found.key === undefined ? undefined : await vault.buckets.of(app.name)
    if (!bucket || found.key === undefined) throw new MediaError('NOT_FOUND')
    if (NAMING.test(found.key)) {
      const text = await bucket.read(found.key, LARGEST_LIST)
      res.writeHead(200, { ...headers, 'content-type': mediaType(found.key), 'content-length': text.length }).end(text)
      return
    }
    const location = await bucket.link(found.key, REDIRECT_S, attachment)
    res.writeHead(302, { ...headers, 'cache-control': 'private, no-store', location, 'content-length': 0 }).end()
  }
}

type Resource = { readonly local: string | undefined; readonly key: string | undefined; readonly saveAs: string }

/** @throws {MediaError} `NOT_FOUND` for what can be no part of a recording. */
function resource(app: AppInfo, row: RecordingRow, path: string): Resource {
  const folder = recordingsFolder(app)
  const saveAs = downloadName(row)
  if (path === 'file') {
    return { local: row.file === null ? undefined : join(folder, row.file), key: row.objectKey ?? undefined, saveAs }
  }
  if (path === 'thumbnail.jpg') {
    return {
      local: join(app.folder, 'snapshots', `${row.name}.jpg`),
      key: row.objectKey === null ? undefined : (row.snapshotKey ?? undefined),
      saveAs: path,
    }
  }
  if (!BELOW.test(path)) throw new MediaError('NOT_FOUND')
  const key = row.objectKey?.replace(/\.[a-z0-9]+$/, `/${path}`)
  return { local: join(folder, row.name, path), key, saveAs: path.replace('/', '-') }
}

function json(res: ServerResponse, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body))
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length, 'cache-control': 'private, no-store' }).end(text)
}
