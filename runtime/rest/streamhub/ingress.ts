import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { type Created, FIELDS, type Ingress, NewRow, Row, toNewRow, toRow } from './ingress-rows.ts'
import { AppParams, body, DataOnly, dataOnly, Page, paging, RoomNameOrOwn } from './reply.ts'
import { route } from './route.ts'

const CREATE = `mutation (
  $app: String!, $protocol: String!, $room: String, $identity: String, $distinct: Boolean, $name: String, $url: String, $transcode: Boolean
) {
  created: createIngress(
    app: $app, protocol: $protocol, room: $room, identity: $identity, distinct: $distinct, name: $name, url: $url, transcode: $transcode
  ) { ingress { ${FIELDS} } password adaptive }
}`
const LIST = `query ($app: String!, $room: String, $search: String, $limit: Int, $offset: Int) {
  found: findIngresses(app: $app, room: $room, search: $search, limit: $limit, offset: $offset) { total ingresses { ${FIELDS} } }
}`
const ONE = `query ($app: String!, $id: ID!) { ingress(app: $app, id: $id) { ${FIELDS} } }`
const DELETE = 'mutation ($app: String!, $id: ID!) { deleted: deleteIngress(app: $app, id: $id) { id } }'
const VALIDATE = `mutation ($app: String!, $id: ID!, $password: String!) {
  valid: validateIngressPassword(app: $app, id: $id, password: $password)
}`

const PROTOCOLS = { rtmp: 'RTMP', whip: 'WHIP', url: 'URL' } as const

const text = (most: number, what: string) => z.string().max(most, `must be at most ${most} characters`).nullish().describe(what)

const Request = z
  .object({
    inputType: z.enum(['rtmp', 'whip', 'url'], 'must be rtmp, whip or url').describe('How it comes in; url: it is pulled.'),
    room: RoomNameOrOwn,
    participantIdentity: text(120, 'Who its publisher is in the room; default: ingress- and the name of the app.'),
    participantName: text(120, "The publisher's display name."),
    url: text(500, 'What is pulled; needed when inputType is url.'),
    enableTranscoding: z.boolean().nullish().describe('Whether renditions are made; default: as the app says.'),
  })
  .refine(({ inputType, url }) => inputType !== 'url' || Boolean(url), { path: ['url'], message: 'must be given when inputType is url' })

const ListQuery = z.object({
  ...paging({ max: 500, otherwise: 50 }),
  room: z.string().max(200).optional().describe("Only of this room, bare or with the app's prefix."),
  q: z.string().max(200).optional().describe('Only with this in id, name or room.'),
})

const IngressParams = AppParams.extend({ id: z.string().describe('Id of the ingress.') })
const MISSING = { 404: 'no such app or ingress' }
const Password = z.object({ password: z.string().max(256, 'must be at most 256 characters').describe('The stream password.') })

/** Ways in for encoders, and what is pulled. */
export const ingress: RouteTable<Access, Who> = {
  'POST /apps/{app}/ingress': route({
    summary: 'Create an ingress',
    access: 'ingress:create',
    params: AppParams,
    body: body(Request),
    document: CREATE,
    variables: ({ params: { app }, body: { inputType, room, participantIdentity, participantName, url, enableTranscoding } }) => ({
      app,
      protocol: PROTOCOLS[inputType],
      room,
      ...(participantIdentity ? { identity: participantIdentity } : { identity: `ingress-${app}`, distinct: true }),
      name: participantName,
      ...(inputType === 'url' && { url }),
      transcode: enableTranscoding,
    }),
    reply: ({ created }: { created: Created }, { params, who }) => dataOnly(toNewRow(created, params.app, who.links)),
    success: { 201: { description: 'The ingress and its secrets.', schema: DataOnly(NewRow) } },
    errors: { 400: 'a field breaks a rule', 404: 'no such app', 429: 'as many streams as the tenant may have' },
  }),
  'GET /apps/{app}/ingress': route({
    summary: 'Ingresses of an app',
    access: 'ingress:read',
    params: AppParams,
    query: ListQuery,
    document: LIST,
    variables: ({ params: { app }, query: { room, q, limit, offset } }) => ({ app, room, search: q, limit, offset }),
    reply: ({ found }: { found: { total: number; ingresses: readonly Ingress[] } }, { params, query: { limit, offset }, who }) => ({
      data: found.ingresses.map((one) => toRow(one, params.app, who.links)),
      total: found.total,
      limit,
      offset,
    }),
    success: { 200: { description: 'One page of them.', schema: Page(Row) } },
    errors: { 400: 'limit or offset is no integer', 404: 'no such app' },
  }),
  'GET /apps/{app}/ingress/{id}': route({
    summary: 'One ingress',
    access: 'ingress:read',
    params: IngressParams,
    document: ONE,
    variables: ({ params }) => params,
    reply: (data: { ingress: Ingress }, { params, who }) => dataOnly(toRow(data.ingress, params.app, who.links)),
    success: { 200: { description: 'The ingress.', schema: DataOnly(Row) } },
    errors: MISSING,
  }),
  'DELETE /apps/{app}/ingress/{id}': route({
    summary: 'Delete an ingress',
    description: 'Whoever publishes through it is disconnected.',
    access: 'ingress:delete',
    params: IngressParams,
    document: DELETE,
    variables: ({ params }) => params,
    reply: ({ deleted }: { deleted: { id: string } }) => dataOnly({ ingressId: deleted.id, deleted: true }),
    success: { 200: { description: 'It is gone.', schema: DataOnly(z.object({ ingressId: z.string(), deleted: z.literal(true) })) } },
    errors: MISSING,
  }),
  'POST /apps/{app}/ingress/{id}/validate': route({
    summary: 'Show the stream password of an ingress',
    description: 'Once it was right, pushes need not bring it.',
    access: 'ingress:write',
    params: IngressParams,
    body: body(Password),
    document: VALIDATE,
    variables: ({ params, body: { password } }) => ({ ...params, password }),
    reply: ({ valid }: { valid: boolean }, { params: { id } }) => dataOnly({ ingressId: id, valid }),
    success: { 201: { description: 'Whether it is right.', schema: DataOnly(z.object({ ingressId: z.string(), valid: z.boolean() })) } },
    errors: { 400: 'no password', ...MISSING, 429: 'too many tries from this address' },
  }),
}
