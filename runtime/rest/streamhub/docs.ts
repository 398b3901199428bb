import { Answer } from '../answer.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { route } from './route.ts'

/** Where StreamHub's clients look for the description of this API. */
export const docs: RouteTable<Access, Who> = {
  'GET /openapi.json': elsewhere('The OpenAPI description', '/openapi/streamhub.json'),
  'GET /docs': elsewhere('A page that shows it', '/docs'),
}

function elsewhere(summary: string, location: string) {
  return route({
    summary,
    access: 'PUBLIC',
    reply: () => new Answer(302, { headers: { location } }),
    success: { 302: { description: 'It is elsewhere.', headers: { Location: 'Where it is.' } } },
  })
}
