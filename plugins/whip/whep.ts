import type { Host } from '../kit/host.ts'
import { readBody, SDP } from './body.ts'
import type { WhipConfig } from './config.ts'
import { eventsResource, SUBSCRIBABLE } from './events.ts'
import { layersResource } from './layers.ts'
import { iceLinks, link, withLinks } from './links.ts'
import type { Newsroom } from './newsroom.ts'
import { noContent, type ResourceOptions, serveResource } from './resource.ts'
import { created, playableRoom, sessionPath, sessionResource } from './session-resource.ts'
import { isPermitted } from './whip.ts'

const EXTENSION = 'urn:ietf:params:whep:ext:core'

/** WHEP: a player POSTs an offer and watches. @see draft-ietf-wish-whep */
export function serveWhep(
  { http, core, config }: Pick<Host<WhipConfig>, 'http' | 'core' | 'config'>,
  newsroom: Newsroom,
  options: ResourceOptions,
): void {
  const { maxSdpBytes } = config
  serveResource(
    http,
    '/whep/:app/:room',
    {
      accepts: { 'accept-post': SDP },
      on: {
        GET: noContent,
        // So that somebody who was given nothing but a URL can find out what it is.
        HEAD: () => new Response(null, { headers: { 'content-type': SDP } }),
        async POST(posted, { params, caller, url }) {
          const offer = await readBody(posted, SDP, maxSdpBytes)
          const { app = '', room = '' } = params
          const userAgent = posted.headers.get('user-agent')
          const request = { kind: 'WHEP', app, room, caller, offer, ...(userAgent !== null && { userAgent }) }
          const [session, servers] = await Promise.all([core.sessions.play(request), core.server.iceServers()])
          return created(session, url, servers, extensionLinks(url, session.id))
        },
      },
      describe: async (_request, context) =>
        withLinks((await isPermitted(playableRoom(core, context))) ? iceLinks(await core.server.iceServers()) : []),
    },
    options,
  )
  serveResource(http, '/whep/:app/:room/:session', sessionResource(core, 'PLAY', maxSdpBytes), options)
  serveResource(http, '/whep/:app/:room/:session/events', eventsResource(core, newsroom), options)
  serveResource(http, '/whep/:app/:room/:session/layers', layersResource(core), options)
}

function extensionLinks(endpoint: URL, id: string): string[] {
  const at = (name: string) => `${sessionPath(endpoint, id)}/${name}${endpoint.search}`
  return [
    link(at('events'), { rel: `${EXTENSION}:server-sent-events`, events: SUBSCRIBABLE.join(',') }),
    link(at('layers'), { rel: `${EXTENSION}:layer` }),
  ]
}
