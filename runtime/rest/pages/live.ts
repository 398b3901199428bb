import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../../../core/access/caller.ts'
import type { Data, Operations } from '../operations.ts'

const FIELDS = `{
  name localName openedAt viewerCount
  app { name }
  publishers { identity kind }
  tracks { kind codec widthPx heightPx }
}`
const LIVE = `query { liveRooms ${FIELDS} }`
const LIVE_CHANGES = `subscription { liveRooms ${FIELDS} }`

type LiveRoom = {
  name: string
  localName: string
  openedAt: string
  viewerCount: number
  app: { name: string }
  publishers: { identity: string; kind: string }[]
  tracks: { kind: 'AUDIO' | 'VIDEO'; codec: string; widthPx: number | null; heightPx: number | null }[]
}

/** What the first page shows: what is live, once at `/pages/live.json` and as it changes at `/pages/live`. */
export function servePagesData(
  app: FastifyInstance,
  operations: Operations,
  callerOf: (request: FastifyRequest) => Caller,
  server: { version: string; rtmpPort: number },
): void {
  const { version, rtmpPort } = server
  // A port that the system chose is known to the rtmp plugin alone.
  const facts = { version, ...(rtmpPort !== 0 && { rtmpPort }) }
  const shown = ({ liveRooms }: Data) => ({ server: facts, rooms: (liveRooms as LiveRoom[]).map(toCard) })

  app.get('/pages/live.json', async (request) => shown(await operations.run(LIVE, {}, callerOf(request))))

  app.get('/pages/live', async (request, reply) => {
    const gone = new AbortController()
    request.raw.once('close', () => gone.abort())
    const changes = operations.watch(LIVE_CHANGES, {}, callerOf(request), gone.signal)
    // The first result comes before the head goes out, so that a refusal is an ordinary answer.
    const first = await changes.next()
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    raw.flushHeaders()
    const send = async (data: Data) => {
      if (raw.write(`event: live\ndata: ${JSON.stringify(shown(data))}\n\n`) || raw.destroyed) return
      await new Promise<void>((resolve) => raw.once('drain', resolve).once('close', resolve))
    }
    try {
      if (!first.done) await send(first.value)
      for await (const data of changes) await send(data)
    } finally {
      raw.end()
    }
  })
}

function toCard({ name, localName, openedAt, viewerCount, app, publishers, tracks }: LiveRoom) {
  return {
    app: app.name,
    room: localName,
    name,
    publishers,
    tracks: tracks.map(({ kind, codec, widthPx, heightPx }) => ({
      kind: kind.toLowerCase(),
      codec,
      ...(widthPx !== null && { widthPx }),
      ...(heightPx !== null && { heightPx }),
    })),
    viewers: viewerCount,
    openedAt,
    picture: pictureOf(app.name, localName, tracks.length > 0),
  }
}

/** Who publishes without tracks sends pictures, of which the last is there anyway. */
function pictureOf(app: string, room: string, hasTracks: boolean): string {
  const place = `${encodeURIComponent(app)}/${encodeURIComponent(room)}`
  return hasTracks ? `/snapshot/${place}.jpg` : `/live/${place}/frame.jpg`
}
