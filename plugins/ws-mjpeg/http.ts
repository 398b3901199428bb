import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import { MediaError } from '../../core/kernel/errors.ts'
import type { Host } from '../kit/host.ts'
import { type Audience, KIND } from './audience.ts'
import { KEY_PREFIX } from './camera-key.ts'
import type { Ingest } from './ingest.ts'
import { clientOf } from './playback.ts'
import { REFUSALS, type Refusal, refuse } from './refusal.ts'
import { SocketViewer } from './socket-viewer.ts'
import { requirePlay } from './viewing.ts'

const MAX_MESSAGE_BYTES = 8 << 20
const MAX_VIEWER_MESSAGE_BYTES = 4 << 10

type SocketsHost = Pick<Host, 'core' | 'http' | 'log'>

/** `/ingest/ws`, where cameras send. A handshake always succeeds, so that devices can be told what is wrong. */
export function serveCameras({ http }: SocketsHost, ingest: Ingest): void {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES })
  http.upgrade('/ingest/ws', (req, socket, head, { url, remoteAddress }) => {
    const { searchParams } = url
    sockets.handleUpgrade(req, socket, head, (webSocket) => {
      // What a device does wrong closes its connection; nobody else is to hear of it.
      webSocket.on('error', () => {})
      void ingest.take({
        socket: webSocket,
        app: searchParams.get('app') ?? '',
        room: searchParams.get('room') ?? '',
        identity: searchParams.get('identity') ?? undefined,
        secret: secretOf(req, searchParams),
        remoteAddress,
      })
    })
  })
}

/** `/live/ws`, where pictures are sent to viewers, each as a binary message. */
export function serveSocketViewers({ http, core, log }: SocketsHost, audience: Audience): void {
  const options = { noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_VIEWER_MESSAGE_BYTES }
  const sockets = new WebSocketServer(options)
  http.upgrade('/live/ws', (req, socket, head, context) => {
    const { searchParams } = context.url
    const app = searchParams.get('app') ?? ''
    sockets.handleUpgrade(req, socket, head, async (webSocket) => {
      webSocket.on('error', () => {})
      try {
        const room = await requirePlay(core, context.caller, app, searchParams.get('room') ?? '')
        const from = { app, room, kind: KIND, ...clientOf(req, context) }
        const id = await audience.place(from)
        if (webSocket.readyState !== webSocket.OPEN) return audience.giveBack(id)
        webSocket.once('close', audience.seat(new SocketViewer(webSocket), from, id))
      } catch (error) {
        if (!(error instanceof MediaError)) log.error({ err: error }, 'no viewer could be let in')
        refuse(webSocket, viewerRefusal(error))
      }
    })
  })
}

/** A key in the header is preferred; any other credential there may be a proxy's. */
function secretOf({ headers }: IncomingMessage, query: URLSearchParams): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return bearer?.startsWith(KEY_PREFIX) ? bearer : (query.get('key') ?? bearer)
}

function viewerRefusal(error: unknown): Refusal {
  if (!(error instanceof MediaError)) return REFUSALS.unavailable
  if (error.code === 'APP_NOT_FOUND') return REFUSALS.unknownApp
  if (error.code === 'VIEWER_LIMIT') return REFUSALS.maxViewers
  if (error.class === 'unauthenticated' || error.class === 'forbidden') return REFUSALS.playbackUnauthorized
  return error.class === 'invalid' ? REFUSALS.invalidRoom : REFUSALS.unavailable
}
