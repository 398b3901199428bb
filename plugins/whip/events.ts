import { z } from 'zod'
import { MediaError } from '../../core/kernel/errors.ts'
import type { CoreApi } from '../kit/core-api.ts'
import type { Remote } from '../kit/rpc.ts'
import { JSON_TYPE, readBody } from './body.ts'
import type { Newsroom } from './newsroom.ts'
import type { Resource } from './resource.ts'
import { knownSession, sessionOf } from './session-resource.ts'

/** What a player may ask to hear. `overlays` and `ended` are ours; the latter everybody hears. */
export const SUBSCRIBABLE = ['active', 'inactive', 'layers', 'viewercount', 'overlays'] as const

export type EventName = (typeof SUBSCRIBABLE)[number] | 'ended'

const Subscription = z.array(z.string().max(100)).max(100)
const MAX_SUBSCRIPTION_BYTES = 16_384

/**
 * The event streams of a WHEP session. POST a JSON array of names to get the URL of a stream of those; a plain GET hears all.
 *
 * An EventSource in a browser sends no credential, so the stream is for whoever knows the session's unguessable URL.
 */
export function eventsResource(core: Remote<CoreApi>, newsroom: Newsroom): Resource {
  return {
    accepts: { 'accept-post': JSON_TYPE },
    on: {
      async POST(request, context) {
        await sessionOf(core, 'PLAY', request, context)
        const asked = parseSubscription(await readBody(request, JSON_TYPE, MAX_SUBSCRIPTION_BYTES))
        const { url } = context
        url.searchParams.set('of', SUBSCRIBABLE.filter((name) => asked.includes(name)).join(','))
        return new Response(null, { status: 201, headers: { location: `${url.pathname}${url.search}` } })
      },

      async GET(request, context) {
        const session = await knownSession(core, 'PLAY', context)
        const of = context.url.searchParams.get('of')?.split(',')
        const stream = newsroom.open(session, new Set(SUBSCRIBABLE.filter((name) => of?.includes(name) ?? true)), request.signal)
        return new Response(stream as BodyInit, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } })
      },

      async DELETE(request, context) {
        const { ownerId, room } = await sessionOf(core, 'PLAY', request, context)
        newsroom.endStreams(room, ownerId)
        return new Response()
      },
    },
  }
}

/** Names we don't know are left out: a player may know more than we do. */
function parseSubscription(text: string): string[] {
  try {
    return Subscription.parse(JSON.parse(text))
  } catch {
    throw new MediaError('INPUT_INVALID', { field: 'events', reason: 'a JSON array of event names' })
  }
}
