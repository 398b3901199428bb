import type { IncomingMessage, ServerResponse } from 'node:http'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Host, RequestContext } from '../kit/host.ts'
import type { Audience } from './audience.ts'
import { KIND } from './audience.ts'
import type { Gallery } from './gallery.ts'
import { PICTURE_HEADERS } from './headers.ts'
import { MULTIPART_HEADERS, MultipartViewer } from './multipart-viewer.ts'
import { requirePlay } from './viewing.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const PICTURES = '/live/:app/:room/:file'

type PlaybackHost = Pick<Host, 'core' | 'http'>

/** `GET /live/{app}/{room}/mjpeg` and `/frame.jpg`; everything else below `/live` is not found. */
export function servePlayback({ core, http }: PlaybackHost, gallery: Gallery, audience: Audience): void {
  for (const method of METHODS) {
    http.raw(method, '/live/*', (_req, res) => refuse(res, new MediaError('NOT_FOUND')))
    http.raw(method, PICTURES, async (req, res, context) => {
      try {
        await serve(req, res, context)
      } catch (error) {
        if (!(error instanceof MediaError)) throw error
        refuse(res, error)
      }
    })
  }

  async function serve(req: IncomingMessage, res: ServerResponse, context: RequestContext): Promise<void> {
    const { app = '', room: name = '', file } = context.params
    const isHead = req.method === 'HEAD'
    if ((req.method !== 'GET' && !isHead) || (file !== 'mjpeg' && file !== 'frame.jpg')) throw new MediaError('NOT_FOUND')
    const room = await requirePlay(core, context.caller, app, name)
    if (file === 'frame.jpg') return sendPicture(res, room, isHead, context.url.searchParams.get('identity') ?? undefined)
    if (isHead) res.writeHead(200, MULTIPART_HEADERS).end()
    else await show(req, res, { app, room, kind: KIND, ...clientOf(req, context) })
  }

  function sendPicture(res: ServerResponse, room: string, isHead: boolean, identity: string | undefined): void {
    const jpeg = gallery.find(room)?.latest(identity)?.jpeg
    if (!jpeg) throw new MediaError('NOTHING_LIVE', { room })
    res.writeHead(200, { ...PICTURE_HEADERS, 'content-type': 'image/jpeg', 'content-length': jpeg.length })
    res.end(isHead ? undefined : jpeg)
  }

  async function show(req: IncomingMessage, res: ServerResponse, from: Parameters<Audience['place']>[0]): Promise<void> {
    const { socket } = req
    const id = await audience.place(from)
    if (socket.destroyed) return audience.giveBack(id)
    const leave = audience.seat(new MultipartViewer(res, socket), from, id)
    socket.once('close', leave)
    // What a client sends after its request is nobody's.
    req.resume()
  }
}

export function clientOf({ headers }: IncomingMessage, { remoteAddress }: RequestContext) {
  const userAgent = headers['user-agent']
  return { ...(remoteAddress !== undefined && { remoteAddress }), ...(userAgent !== undefined && { userAgent }) }
}

/** StreamHub's words for these. */
function refuse(res: ServerResponse, error: MediaError): void {
  const [status, code] = STATUS[error.class] ?? [503, 'unavailable']
  const body = JSON.stringify({ data: null, error: { code, message: error.message } })
  const length = Buffer.byteLength(body)
  res.writeHead(status, { ...PICTURE_HEADERS, 'content-type': 'application/json; charset=utf-8', 'content-length': length })
  res.end(res.req.method === 'HEAD' ? undefined : body)
}

const STATUS: Partial<Record<MediaError['class'], readonly [status: number, code: string]>> = {
  missing: [404, 'not_found'],
  // A name that no room can have is nobody's.
  invalid: [404, 'not_found'],
  unauthenticated: [401, 'unauthorized'],
  // Whose token leads elsewhere is a stranger here.
  forbidden: [401, 'unauthorized'],
}
