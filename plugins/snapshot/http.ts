import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'
import type { TrackData } from '../kit/core-api.ts'
import type { Host, RequestContext } from '../kit/host.ts'
import type { SnapshotConfig } from './config.ts'
import { readPicture } from './files.ts'
import type { Snapshot, Snapshots } from './snapshot.ts'

const Width = z.coerce.number().int().min(64).max(1_920)

/** `GET /snapshot/:app/:room.jpg`, with `?width=` in pixels. */
export function serveSnapshots({ http, core, config }: Pick<Host<SnapshotConfig>, 'http' | 'core' | 'config'>, snapshots: Snapshots): void {
  http.route('GET', '/snapshot/:app/:file', async (request, context) => {
    const { app = '', file = '' } = context.params
    const [, room] = /^(.+)\.jpe?g$/.exec(file) ?? []
    if (room === undefined) throw new MediaError('NOT_FOUND', { file })
    const widthPx = widthOf(context) ?? config.widthPx

    await core.access.require(context.caller, 'PLAY', app, room, 'video')
    const track = await pictured(await core.rooms.fullName(app, room))
    try {
      return answer(request, await snapshots.of(track, widthPx), config.cacheMs)
    } catch (error) {
      if (error instanceof MediaError && error.code === 'TIMEOUT') return timedOut(error)
      throw error
    }
  })

  async function pictured(name: string): Promise<TrackData> {
    const room = await core.rooms.find(name)
    const tracks = room?.participants.flatMap((participant) => participant.tracks) ?? []
    const video = tracks.find(({ kind, muted }) => kind === 'video' && !muted)
    if (!video) throw new MediaError('NOTHING_LIVE', { room: name })
    return video
  }
}

/** `GET /snapshots/:app/:file`: what was taken to be kept. Its name is what only those know who may see it. */
export function serveTaken({ http, core }: Pick<Host, 'http' | 'core'>): void {
  http.route('GET', '/snapshots/:app/:file', async (_request, { params: { app = '', file = '' } }) => {
    const jpeg = await readPicture(await core.apps.get(app), file)
    const headers = {
      'content-type': 'image/jpeg',
      'content-length': String(jpeg.length),
      'cache-control': 'private, max-age=86400, immutable',
    }
    return new Response(new Uint8Array(jpeg), { headers })
  })
}

function widthOf({ url }: RequestContext): number | undefined {
  const asked = url.searchParams.get('width')
  if (asked === null) return undefined
  const { success, data } = Width.safeParse(asked)
  if (!success) throw new MediaError('INPUT_INVALID', { field: 'width', min: 64, max: 1_920 })
  return data
}

function answer(request: Request, { jpeg, etag, takenAt }: Snapshot, cacheMs: number): Response {
  const freshSeconds = Math.max(0, Math.ceil((takenAt + cacheMs - Date.now()) / 1_000))
  const headers = { etag, 'cache-control': `private, max-age=${freshSeconds}`, 'last-modified': new Date(takenAt).toUTCString() }
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return new Response(null, { status: 304, headers })
  return new Response(new Uint8Array(jpeg), {
    headers: { ...headers, 'content-type': 'image/jpeg', 'content-length': String(jpeg.length) },
  })
}

/** The encoder, not this server, is what did not answer in time. */
function timedOut({ code, message }: MediaError): Response {
  return Response.json({ error: message, code }, { status: 504, headers: { 'retry-after': '1' } })
}
