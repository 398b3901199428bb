import type { FastifyInstance } from 'fastify'

/** Named conditions and whether each holds. */
export type ReadinessChecks = () => Readonly<Record<string, boolean>>

/** `/healthz` says that the process answers; `/readyz` that it can do its work. Neither wants a credential. */
export function serveHealth(app: FastifyInstance, checks: ReadinessChecks): void {
  app.all('/healthz', {
    // Before anybody looks at what came with the request: whatever it is, the process answers.
    onRequest: (_request, reply) => void reply.type('text/plain; charset=utf-8').send('ok'),
    handler: (_request, reply) => reply,
  })
  app.get('/readyz', (_request, reply) => {
    const results = checks()
    const ready = Object.values(results).every(Boolean)
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, checks: results })
  })
  app.get('/robots.txt', (_request, reply) => reply.type('text/plain; charset=utf-8').send('User-agent: *\nDisallow: /\n'))
}
