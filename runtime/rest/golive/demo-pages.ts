import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HOME_APP } from './translate.ts'

const DEFAULT_ROOM = 'demo'

/** Leads from the addresses of go-live's demo pages to the pages that do the same here. */
export function serveDemoPages(app: FastifyInstance): void {
  const inRoom = (page: string) => (request: FastifyRequest) => {
    const { room } = request.query as { room?: unknown }
    return `/${page}/${HOME_APP}/${encodeURIComponent(typeof room === 'string' && room !== '' ? room : DEFAULT_ROOM)}`
  }
  const pages: Readonly<Record<string, (request: FastifyRequest) => string>> = {
    '/web': () => '/',
    '/web/': () => '/',
    '/web/index.html': () => '/',
    '/web/records.html': () => '/',
    '/web/publisher.html': inRoom('publish'),
    '/web/player.html': inRoom('play'),
  }
  for (const [path, target] of Object.entries(pages)) {
    app.get(path, (request, reply) => reply.redirect(target(request), 302))
  }
}
