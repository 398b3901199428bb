import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, body, DataOnly, dataOnly } from './reply.ts'
import { route } from './route.ts'
import { streamType } from './translate.ts'

const FIELDS = 'number name kind app { number } room identity status startedAt endedAt stats'
const LIST = `query ($app: String!) { streams(app: $app) { ${FIELDS} } }`
const ONE = `query ($app: String!, $id: String!) { stream(app: $app, id: $id) { ${FIELDS} viewers } }`
const STOP = 'mutation ($app: String!, $id: String!) { stopStream(app: $app, id: $id, withIngress: true) { number } }'
const SEND = `mutation ($app: String!, $id: String!, $input: RoomMessageInput!) {
  sent: sendRoomData(app: $app, stream: $id, input: $input) { room topic }
}`

type Stream = {
  number: number
  name: string
  kind: string
  app: { number: number }
  room: string
  identity: string
  status: 'ACTIVE' | 'ENDED'
  startedAt: string
  endedAt: string | null
  stats: Readonly<Record<string, unknown>>
  viewers?: number | null
}

const Row = z.object({
  id: z.int().describe('Number of the stream.'),
  appId: z.int().describe('Number of the app.'),
  streamId: z.string().describe('`<room>/<identity>`'),
  type: z.string().describe('webrtc, rtmp, rtsp, whip or ws-mjpeg.'),
  room: z.string().describe('Name of the room.'),
  participant: z.string().describe('Identity of the publisher.'),
  status: z.enum(['active', 'ended']).describe('Whether it is live.'),
  startedAt: z.iso.datetime().describe('When it began, for the last time.'),
  endedAt: z.iso.datetime().nullable().describe('When it ended.'),
  lastStatsJson: z.string().nullable().describe('JSON of what is known of it, or was last known.'),
})
const Detail = Row.extend({ viewers: z.int().optional().describe('How many watch; only where the app counts viewers.') })

const StreamParams = AppParams.extend({ id: z.string().describe('`<room>/<identity>` with the slash as %2F, or the number.') })

const text = (most: number, what: string) => z.string().max(most, `must be at most ${most} characters`).nullish().describe(what)
const Message = z.object({
  topic: z.string().min(1, 'must not be empty').max(64, 'must be at most 64 characters').describe('Such as chat or reaction.'),
  message: text(4_000, 'What is said.'),
  reaction: text(64, 'How somebody reacts.'),
  payload: text(8_000, 'Sent to the letter instead.'),
  from: text(120, 'Who says it.'),
  destinationIdentities: z.array(z.string()).max(1_000).nullish().describe('Who gets it; default: everybody.'),
  reliable: z.boolean().nullish().describe('Whether it is sent again until it has arrived; default: yes.'),
})

const MISSING = { 404: 'no such app or stream' }

/** Who publishes, and who did. */
export const streams: RouteTable<Access, Who> = {
  'GET /apps/{app}/streams': route({
    summary: 'Live streams of an app, the newest first',
    access: 'stream:read',
    params: AppParams,
    document: LIST,
    variables: ({ params }) => params,
    reply: (data: { streams: readonly Stream[] }) => data.streams.map(toRow),
    success: { 200: { description: 'The live streams.', schema: z.array(Row) } },
    errors: { 404: 'no such app' },
  }),
  'GET /apps/{app}/streams/{id}': route({
    summary: 'One stream, live or ended',
    access: 'stream:read',
    params: StreamParams,
    document: ONE,
    variables: ({ params }) => params,
    reply: ({ stream }: { stream: Stream }) => {
      const { viewers } = stream
      return dataOnly({ ...toRow(stream), ...(viewers != null && { viewers }) })
    },
    success: { 200: { description: 'The stream.', schema: DataOnly(Detail) } },
    errors: MISSING,
  }),
  'DELETE /apps/{app}/streams/{id}': route({
    summary: 'Stop a stream',
    description: 'Its publisher is disconnected, its ingress deleted, and the room closed when nobody else publishes there.',
    access: 'stream:stop',
    params: StreamParams,
    document: STOP,
    variables: ({ params }) => params,
    reply: () => undefined,
    success: { 204: { description: 'It has ended.' } },
    errors: MISSING,
  }),
  'POST /apps/{app}/streams/{id}/data': route({
    summary: 'Say something in the room of a stream',
    access: 'stream:write',
    params: StreamParams,
    body: body(Message),
    document: SEND,
    variables: ({ params, body: { destinationIdentities, ...input } }) => ({ ...params, input: { ...input, to: destinationIdentities } }),
    reply: ({ sent: { room, topic } }: { sent: { room: string; topic: string } }) => dataOnly({ sent: true, room, topic }),
    success: {
      201: { description: 'It is on its way.', schema: DataOnly(z.object({ sent: z.literal(true), room: z.string(), topic: z.string() })) },
    },
    errors: { 400: 'what is to be said breaks a rule', 404: 'no such app or stream, or the app has no chat or no reactions' },
  }),
}

function toRow({ number, name, kind, app, room, identity, status, startedAt, endedAt, stats }: Stream): z.output<typeof Row> {
  return {
    id: number,
    appId: app.number,
    streamId: name,
    type: streamType(kind),
    room,
    participant: identity,
    status: status === 'ACTIVE' ? 'active' : 'ended',
    startedAt,
    endedAt,
    lastStatsJson: Object.keys(stats).length > 0 ? JSON.stringify(stats) : null,
  }
}
