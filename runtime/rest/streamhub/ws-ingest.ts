import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { type Links, playerLinks } from './links.ts'
import { AppParams, body, DataOnly, dataOnly } from './reply.ts'
import { route } from './route.ts'

const CREATE = `mutation ($app: String!, $room: String!, $identity: String) {
  created: createCameraKey(app: $app, room: $room, identity: $identity) { secret key { id room identity } }
}`
const LIST = 'query ($app: String!) { keys: cameraKeys(app: $app) { id room keyHint createdAt camera { identity } } }'
const DELETE = 'mutation ($app: String!, $id: ID!) { deleted: deleteCameraKey(app: $app, id: $id) { id } }'
const LIVE = 'query ($app: String!, $room: String!) { live: cameraLive(app: $app, room: $room) { room active } }'

type Created = { secret: string; key: { id: string; room: string; identity: string } }
type Key = { id: string; room: string; keyHint: string; createdAt: string; camera: { identity: string } | null }

const slug = () =>
  z
    .string()
    .max(64, 'must be at most 64 characters')
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'must be letters, digits, dashes and underscores, and begin with a letter or digit')
const Request = z.object({
  room: slug().describe("The room that the camera sends to, bare or with the app's prefix."),
  identity: slug().nullish().describe('Who the camera is in the room; default: as the room is given here.'),
})

const Pictures = {
  mjpegUrl: z.string().describe('Moving pictures for an `<img>`.'),
  frameUrl: z.string().describe('The last picture.'),
}
const NewRow = z.object({
  id: z.string().describe('Names the key: `wsi_…`.'),
  streamKey: z.string().describe('The key, `wsk_…`, which is told this once.'),
  room: z.string().describe("Name of the room, with the app's prefix."),
  identity: z.string().describe('Who the camera is unless it says otherwise.'),
  wsUrl: z.string().describe('Where the camera connects to.'),
  viewerWsUrl: z.string().describe('Where the pictures can be had by WebSocket.'),
  ...Pictures,
  playerUrl: z.string().describe('A page that plays the room.'),
  embedUrl: z.string().describe('The same for an iframe.'),
})
const Row = z.object({
  id: z.string().describe('Names the key.'),
  room: z.string().describe('Name of the room.'),
  streamKey: z.string().describe('How the key begins.'),
  active: z.boolean().describe('Whether a camera is connected by it.'),
  identity: z.string().optional().describe('Who that camera is.'),
  createdAt: z.iso.datetime().describe('When it was made.'),
})
const Live = z.object({
  active: z.boolean().describe('Whether the room has a camera.'),
  type: z.literal('ws-mjpeg').nullable().describe('How it sends.'),
  room: z.string().describe('Name of the room.'),
  mjpegUrl: Pictures.mjpegUrl.optional(),
  frameUrl: Pictures.frameUrl.optional(),
  wsUrl: z.string().optional().describe('Where the pictures can be had by WebSocket.'),
})

/** Cameras that send JPEGs over a WebSocket: their keys, and whether they are there. */
export const wsIngest: RouteTable<Access, Who> = {
  'POST /apps/{app}/ws-ingest': route({
    summary: 'Make a key for a camera',
    access: 'ingress:create',
    params: AppParams,
    body: body(Request),
    document: CREATE,
    variables: ({ params: { app }, body: { room, identity } }) => ({ app, room, identity }),
    reply: ({ created: { secret, key } }: { created: Created }, { params: { app }, who: { links } }) => {
      const { playUrl, embedUrl } = playerLinks(links, app, key.room)
      const { wsUrl: viewerWsUrl, ...pictures } = pictureLinks(links, app, key.room)
      return dataOnly({
        id: key.id,
        streamKey: secret,
        room: key.room,
        identity: key.identity,
        wsUrl: `${links.ws}/ingest/ws?${new URLSearchParams({ app, room: key.room })}`,
        viewerWsUrl,
        ...pictures,
        playerUrl: playUrl,
        embedUrl,
      })
    },
    success: { 201: { description: 'The key, and every address that goes with it.', schema: DataOnly(NewRow) } },
    errors: { 400: 'a field breaks a rule', 404: 'no such app', 429: 'as many streams as the tenant may have' },
  }),
  'GET /apps/{app}/ws-ingest': route({
    summary: 'Keys of cameras of an app, the newest first',
    access: 'ingress:read',
    params: AppParams,
    document: LIST,
    variables: ({ params }) => params,
    reply: ({ keys }: { keys: readonly Key[] }) => dataOnly(keys.map(toRow)),
    success: { 200: { description: 'The keys, masked.', schema: DataOnly(z.array(Row)) } },
    errors: { 404: 'no such app' },
  }),
  'DELETE /apps/{app}/ws-ingest/{id}': route({
    summary: 'Take a key back, and disconnect its camera',
    access: 'ingress:delete',
    params: AppParams.extend({ id: z.string().describe('Id of the key.') }),
    document: DELETE,
    variables: ({ params }) => params,
    reply: ({ deleted }: { deleted: { id: string } }) => dataOnly({ id: deleted.id, deleted: true }),
    success: { 200: { description: 'It is gone.', schema: DataOnly(z.object({ id: z.string(), deleted: z.literal(true) })) } },
    errors: { 404: 'no such app or key' },
  }),
  'GET /apps/{app}/ws-ingest/live/{room}': route({
    summary: 'Whether a room has a camera',
    access: 'PUBLIC',
    params: AppParams.extend({ room: z.string().describe("Name of the room, bare or with the app's prefix.") }),
    document: LIVE,
    variables: ({ params }) => params,
    reply: ({ live: { room, active } }: { live: { room: string; active: boolean } }, { params: { app }, who: { links } }) =>
      dataOnly({ active, type: active ? 'ws-mjpeg' : null, room, ...(active && pictureLinks(links, app, room)) }),
    success: { 200: { description: 'Whether there is one, and where its pictures are.', schema: DataOnly(Live) } },
    errors: { 404: 'no such app, or its playback is not public' },
  }),
}

/** Where the pictures of a room are. */
function pictureLinks({ base, ws }: Links, app: string, room: string): { mjpegUrl: string; frameUrl: string; wsUrl: string } {
  const path = `${base}/live/${encodeURIComponent(app)}/${encodeURIComponent(room)}`
  return { mjpegUrl: `${path}/mjpeg`, frameUrl: `${path}/frame.jpg`, wsUrl: `${ws}/live/ws?${new URLSearchParams({ app, room })}` }
}

function toRow({ id, room, keyHint, createdAt, camera }: Key): z.input<typeof Row> {
  return { id, room, streamKey: `${keyHint}…`, active: camera !== null, ...(camera && { identity: camera.identity }), createdAt }
}
