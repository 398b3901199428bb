import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { pagePolicy } from '../http/headers.ts'
import { openapiOf } from './openapi.ts'
import type { Adapter } from './serve-adapter.ts'

type Described = Parameters<typeof openapiOf>[0] & Pick<Adapter, 'name'>

const FILES: Readonly<Record<string, string>> = {
  '/docs/docs.js': 'text/javascript; charset=utf-8',
  '/docs/docs.css': 'text/css; charset=utf-8',
}

/** `/openapi/<name>.json` for each API, `/openapi` for the list of them, and a page that browses them at `/docs`. */
export function serveDescriptions(app: FastifyInstance, adapters: readonly Described[]): void {
  const list = adapters.map(({ name, title }) => ({ name, title, url: `/openapi/${name}.json` }))
  app.get('/openapi', () => list)
  for (const adapter of adapters) {
    const description = openapiOf(adapter)
    app.get(`/openapi/${adapter.name}.json`, () => description)
  }

  app.get('/docs', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy({ embeddable: false }))
      .header('cache-control', 'no-cache')
      .send(await file('docs.html')),
  )
  for (const [path, type] of Object.entries(FILES)) {
    app.get(path, async (_request, reply) =>
      reply
        .type(type)
        .header('cache-control', 'no-cache')
        .send(await file(path.slice('/docs/'.length))),
    )
  }
}

function file(name: string): Promise<Buffer> {
  return readFile(new URL(`docs/${name}`, import.meta.url))
}
