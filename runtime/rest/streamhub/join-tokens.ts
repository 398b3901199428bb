import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { playerLinks } from './links.ts'
import { AppParams, body, DataOnly, dataOnly, RoomName, RoomNameOrOwn } from './reply.ts'
import { route } from './route.ts'

const FIELDS = 'token app room identity hidden audioOnly adaptive'
const CREATE = `mutation ($input: CreateJoinTokenInput!) { made: createJoinToken(input: $input) { ${FIELDS} } }`
const PLAY = `mutation ($app: String!, $room: String!) { made: createPlayToken(app: $app, room: $room) { ${FIELDS} } }`
const LISTEN = `mutation ($app: String!, $room: String!) { made: createListenToken(app: $app, room: $room) { ${FIELDS} } }`

type Made = {
  made: { token: string; app: string; room: string; identity: string; hidden: boolean; audioOnly: boolean; adaptive: boolean }
}

const text = (most: number, what: string) => z.string().max(most, `must be at most ${most} characters`).nullish().describe(what)
const flag = (what: string) => z.boolean().nullish().describe(what)

const Request = z.object({
  room: RoomNameOrOwn,
  identity: text(120, 'Who it is in the room; default: anon- and a random id.'),
  name: text(120, 'What people call it.'),
  canPublish: flag('Whether it may publish; default: yes, unless hidden or recorder.'),
  canSubscribe: flag('Whether it gets what others publish; default: yes.'),
  ttl: text(20, 'How long it lets in, such as 10m or 6h; default: 6h.'),
  metadata: text(2_000, 'Whatever its owner wants to say about it.'),
  hidden: flag('Whether nobody else is told of it; needs the feature hiddenQc.'),
  recorder: flag('Whether it records.'),
  audioOnly: flag('Whether it may publish sound alone.'),
})

const Token = z.object({
  token: z.string().describe('LiveKit join token.'),
  app: z.string().describe('Name of the app.'),
  room: z.string().describe('The room, with prefix.'),
  identity: z.string().describe('Who it is in the room.'),
  hidden: z.boolean().describe('Whether nobody else is told of it.'),
  audioOnly: z.boolean().describe('Whether it may publish sound alone.'),
  adaptive: z.boolean().describe('Whether the app has the feature adaptivePlayer.'),
  wsUrl: z.string().describe('Where to signal.'),
  playUrl: z.string().describe('Page that plays the room.'),
  embedUrl: z.string().describe('The same for frames.'),
  iframe: z.string().describe('HTML of such a frame.'),
})

const AudienceToken = Token.pick({ token: true, app: true, room: true, wsUrl: true }).extend({
  mode: z.enum(['viewer', 'listener']).describe('What it is for.'),
})

const RoomParams = AppParams.extend({ room: RoomName.describe("The room, bare or with the app's prefix.") })

/** Tokens with which people join a room, or watch it. */
export const joinTokens: RouteTable<Access, Who> = {
  'POST /apps/{app}/tokens': route({
    summary: 'Mint a join token',
    description: 'A token that lets publish counts against the quota of streams.',
    access: 'stream:write',
    params: AppParams,
    body: body(Request),
    document: CREATE,
    variables: ({ params: { app }, body: input }) => ({ input: { ...input, app } }),
    reply: ({ made }: Made, { who: { links } }) => dataOnly({ ...made, wsUrl: links.ws, ...playerLinks(links, made.app, made.room) }),
    success: { 201: { description: 'The token, and where to use it.', schema: DataOnly(Token) } },
    errors: { 400: 'a field breaks a rule', 404: 'no such app', 429: 'as many streams as the tenant may have' },
  }),
  'GET /apps/{app}/play-token/{room}': audienceRoute('viewer', 'A token to watch a room', PLAY),
  'GET /apps/{app}/radio/{room}/listen-token': audienceRoute('listener', 'A token to listen to a room', LISTEN),
}

function audienceRoute(mode: 'viewer' | 'listener', summary: string, document: string) {
  return route({
    summary,
    description: 'For anybody, while the feature publicPlayback is on.',
    access: 'PUBLIC',
    params: RoomParams,
    document,
    variables: ({ params }) => params,
    reply: ({ made: { token, app, room } }: Made, { who: { links } }) => dataOnly({ token, app, room, wsUrl: links.ws, mode }),
    success: { 200: { description: 'The token, and where to use it.', schema: DataOnly(AudienceToken) } },
    errors: { 400: 'the name of the room breaks a rule', 404: 'no such app, or it does not let everybody watch' },
  })
}
