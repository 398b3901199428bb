import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, body, DataOnly, dataOnly } from './reply.ts'
import { route } from './route.ts'

const TAKE = `mutation ($app: String!, $room: String!, $identity: String) {
  taken: takeSnapshot(app: $app, room: $room, identity: $identity) { key url }
}`

type Taken = { key: string; url: string }

const Request = z.object({
  room: z.string().min(1, 'must not be empty').max(256, 'must be at most 256 characters').describe('By its full or app-local name.'),
  participantIdentity: z.string().max(256, 'must be at most 256 characters').nullish().describe('Whose picture; default: whoever has one.'),
})
const Row = z.object({
  key: z.string().describe('`<prefix>/snapshots/<file>.jpg`'),
  url: z.string().describe('Where the picture can be read.'),
})

/** Pictures of what is live. */
export const snapshots: RouteTable<Access, Who> = {
  'POST /apps/{app}/snapshots': route({
    summary: 'Take a picture of what a room shows',
    description: 'A JPEG, kept in the bucket of the app, or in its folder for a while.',
    access: 'stream:write',
    params: AppParams,
    body: body(Request),
    document: TAKE,
    variables: ({ params: { app }, body: { room, participantIdentity } }) => ({ app, room, identity: participantIdentity || null }),
    reply: ({ taken: { key, url } }: { taken: Taken }, { who }) => dataOnly({ key, url: url.startsWith('/') ? who.links.base + url : url }),
    success: { 201: { description: 'The picture.', schema: DataOnly(Row) } },
    errors: { 400: 'a field breaks a rule', 404: 'no such app, room or participant', 503: 'nothing is to be seen' },
  }),
}
