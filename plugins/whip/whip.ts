import { MediaError } from '../../core/kernel/errors.ts'
import type { Host } from '../kit/host.ts'
import { arrivalOf } from './arrival.ts'
import { readBody, SDP } from './body.ts'
import type { WhipConfig } from './config.ts'
import { iceLinks, withLinks } from './links.ts'
import { noContent, type ResourceOptions, serveResource } from './resource.ts'
import { created, sessionResource } from './session-resource.ts'

/** WHIP: an encoder POSTs an offer and publishes. @see RFC 9725 */
export function serveWhip({ http, core, config }: Pick<Host<WhipConfig>, 'http' | 'core' | 'config'>, options: ResourceOptions): void {
  const { maxSdpBytes } = config
  serveResource(
    http,
    '/whip/:app/:room',
    {
      accepts: { 'accept-post': SDP },
      on: {
        GET: noContent,
        HEAD: noContent,
        async POST(request, context) {
          const offer = await readBody(request, SDP, maxSdpBytes)
          const session = await core.sessions.publish({ ...arrivalOf(request, context), offer })
          return created(session, context.url, await core.server.iceServers())
        },
      },
      describe: async (request, context) => {
        const permitted = await isPermitted(core.ingresses.roomFor(arrivalOf(request, context)))
        return withLinks(permitted ? iceLinks(await core.server.iceServers()) : [])
      },
    },
    options,
  )
  // Where all that an encoder is told is one address and its stream key or join token.
  serveResource(
    http,
    '/whip/:app',
    {
      accepts: { 'accept-post': SDP },
      on: {
        GET: noContent,
        HEAD: noContent,
        async POST(request, context) {
          const offer = await readBody(request, SDP, maxSdpBytes)
          const session = await core.sessions.publish({ ...arrivalOf(request, context), offer })
          const url = new URL(context.url)
          url.pathname += `${url.pathname.endsWith('/') ? '' : '/'}${session.room}`
          return created(session, url, await core.server.iceServers())
        },
      },
      describe: async () => withLinks([]),
    },
    options,
  )
  serveResource(http, '/whip/:app/:room/:session', sessionResource(core, 'PUBLISH', maxSdpBytes), options)
}

/** Whether a check passes. OPTIONS is answered either way, only with less. */
export async function isPermitted(check: Promise<unknown>): Promise<boolean> {
  try {
    await check
    return true
  } catch (error) {
    if (error instanceof MediaError) return false
    throw error
  }
}
