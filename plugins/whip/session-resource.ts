import { MediaError } from '../../core/kernel/errors.ts'
import type { CoreApi, IceServer, SessionInfo } from '../kit/core-api.ts'
import type { RequestContext } from '../kit/host.ts'
import type { Remote } from '../kit/rpc.ts'
import { arrivalOf } from './arrival.ts'
import { readBody, SDP, SDP_FRAGMENT } from './body.ts'
import { ifMatchOf, quoted } from './entity-tags.ts'
import { iceLinks, withLinks } from './links.ts'
import type { Resource } from './resource.ts'

type Kind = SessionInfo['kind']

/** The resource that a WHIP or WHEP session is: trickle, ICE restart, end. @see RFC 9725 sections 4.2 and 4.3 */
export function sessionResource(core: Remote<CoreApi>, kind: Kind, maxBytes: number): Resource {
  const present = async (request: Request, context: RequestContext) => {
    await sessionOf(core, kind, request, context)
    return new Response(null, { status: 204 })
  }
  return {
    accepts: { 'accept-patch': SDP_FRAGMENT },
    on: {
      GET: present,
      HEAD: present,

      async PATCH(request, context) {
        const { id } = await sessionOf(core, kind, request, context)
        const fragment = await readBody(request, SDP_FRAGMENT, maxBytes)
        const { restarted, tag } = await core.sessions.patch(id, fragment, ifMatchOf(request))
        if (restarted === undefined) return new Response(null, { status: 204 })
        return new Response(restarted, { headers: { 'content-type': SDP_FRAGMENT, etag: quoted(tag) } })
      },

      async DELETE(request, context) {
        const { id } = await sessionOf(core, kind, request, context)
        await core.sessions.close(id, 'LEFT')
        return new Response()
      },
    },
  }
}

/** The answer to an offer that was taken. */
export function created(session: SessionInfo & { answer: string }, url: URL, servers: readonly IceServer[], links: readonly string[] = []) {
  const headers = withLinks([...iceLinks(servers), ...links])
  headers.set('content-type', SDP)
  headers.set('location', `${sessionPath(url, session.id)}${url.search}`)
  headers.set('etag', quoted(session.tag))
  headers.set('accept-patch', SDP_FRAGMENT)
  return new Response(session.answer, { status: 201, headers })
}

/** Below the endpoint, under the name that its client knows it by. */
export function sessionPath(endpoint: URL, id: string): string {
  return `${endpoint.pathname.replace(/\/+$/, '')}/${id}`
}

/**
 * The session of the path, for whoever could have opened it.
 *
 * @throws {MediaError} `SESSION_NOT_FOUND`, or what the endpoint would refuse the caller with.
 */
export async function sessionOf(core: Remote<CoreApi>, kind: Kind, request: Request, context: RequestContext): Promise<SessionInfo> {
  const room = kind === 'PUBLISH' ? await core.ingresses.roomFor(arrivalOf(request, context)) : await playableRoom(core, context)
  return sessionIn(core, kind, room, context)
}

/** The session of the path, for whoever knows its unguessable id. */
export async function knownSession(core: Remote<CoreApi>, kind: Kind, context: RequestContext): Promise<SessionInfo> {
  const { app = '', room = '' } = context.params
  return sessionIn(core, kind, await core.rooms.fullName(app, room), context)
}

/** The room's full name. @throws {MediaError} when the caller may not play it. */
export async function playableRoom(core: Remote<CoreApi>, { caller, params }: RequestContext): Promise<string> {
  const { app = '', room = '' } = params
  await core.access.require(caller, 'PLAY', app, room)
  return core.rooms.fullName(app, room)
}

async function sessionIn(core: Remote<CoreApi>, kind: Kind, room: string, { params }: RequestContext): Promise<SessionInfo> {
  const { session: id = '' } = params
  const session = await core.sessions.get(id)
  if (session.kind !== kind || session.room !== room) throw new MediaError('SESSION_NOT_FOUND', { id })
  return session
}
