import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Caller } from '../../core/access/caller.ts'
import type { Core } from '../../core/core.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import { TokenBuckets } from '../rest/token-buckets.ts'
import { browserModule } from './browser-module.ts'

const Place = z.object({ app: z.string().max(64), room: z.string().max(200) })

/**
 * What the meeting page needs beside its files: mediasoup-client as a module, and, for callers without a credential who may both
 * publish and play in a room, a token for that room alone: GraphQL serves nobody without one.
 */
export function serveMeetings(
  app: FastifyInstance,
  { apps, access, tokens }: Pick<Core, 'apps' | 'access' | 'tokens'>,
  callerOf: (request: FastifyRequest) => Caller,
): void {
  let client: Promise<string> | undefined
  app.get('/pages/vendor/mediasoup-client.js', async (_request, reply) => {
    client ??= browserModule('mediasoup-client', ['Device', 'version'])
    return reply
      .type('text/javascript; charset=utf-8')
      .header('cache-control', 'max-age=3600')
      .send(await client)
  })

  const buckets = new TokenBuckets({ perSecond: 1, burst: 30 })
  app.post('/pages/meet-token', async (request) => {
    const caller = callerOf(request)
    const place = Place.safeParse(request.body)
    if (!place.success) throw new MediaError('INPUT_INVALID', { field: String(place.error.issues[0]?.path[0] ?? 'body') })
    if (caller.kind !== 'ANONYMOUS') throw new MediaError('FORBIDDEN', { reason: 'who has a token already is lent no other' })

    const { app: owner, name } = apps.roomName(place.data.app, place.data.room)
    access.require(caller, 'PUBLISH', { app: owner, room: name })
    access.require(caller, 'PLAY', { app: owner, room: name })
    if (buckets.take(caller.remoteAddress ?? '') > 0) throw new MediaError('RATE_LIMITED')
    const { secret, endsAt } = tokens.lend({ name: 'meeting', grants: ['PUBLISH', 'PLAY'], app: owner.name, room: name })
    return { token: secret, endsAt }
  })
}
