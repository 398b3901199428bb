import { z } from 'zod'
import type { Config } from '../../config/env.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { route } from './route.ts'
import { type ListedRoom, RoomParams, RoomSummary, toRoomList } from './translate.ts'

const ROOMS = '{ rooms: liveRooms(awaited: true) { name app { name } live viewerCount tracks { hasMedia } } }'
const CLOSE = 'mutation ($name: String!) { closeRoom(name: $name) { id } }'

const IceServer = z.object({ urls: z.array(z.string()), username: z.string().optional(), credential: z.string().optional() })
const Bootstrap = z.object({
  authEnabled: z.boolean().describe('Whether publishing and playing take a credential.'),
  recordEnabled: z.boolean().describe('Whether what is published is recorded.'),
  iceServers: z.array(IceServer).describe('For the RTCPeerConnection; TURN only for whoever may use it.'),
  features: z.record(z.string(), z.boolean()),
})

/** What may be asked about the server and its rooms, and the one thing an administrator does. */
export function rooms(config: Pick<Config, 'iceServers' | 'goLive'>, isAuthEnabled: () => boolean): RouteTable<Access, Who> {
  return {
    'GET /api/bootstrap': route({
      summary: 'What a page needs to know first',
      access: 'VISITOR',
      reply: (_data, { who }) => ({
        authEnabled: isAuthEnabled(),
        recordEnabled: config.goLive.records.enabled,
        iceServers: iceServersFor(config, who),
        features: { rooms: true, records: true },
      }),
      success: { 200: { description: 'The configuration.', schema: Bootstrap } },
      errors: { 429: 'too many requests' },
    }),
    'GET /api/rooms': route({
      summary: 'The active rooms',
      access: 'VISITOR',
      document: ROOMS,
      reply: (data: { rooms: readonly ListedRoom[] }) => toRoomList(data.rooms),
      success: { 200: { description: 'Rooms where somebody publishes or plays, by name.', schema: z.array(RoomSummary) } },
      errors: { 401: 'unauthorized, on a server that can be reached from elsewhere', 429: 'too many requests' },
    }),
    'POST /api/admin/rooms/{room*}/close': route({
      summary: 'Close a room',
      description: 'Everybody in it is disconnected. It can be published to again at once.',
      access: 'ADMIN',
      params: RoomParams,
      document: CLOSE,
      variables: ({ who }) => ({ name: who.place.room }),
      reply: (_data, { params }) => ({ closed: params.room }),
      success: { 200: { description: 'It is closed.', schema: z.object({ closed: z.string() }) } },
      errors: { 400: 'invalid room name', 401: 'unauthorized', 404: 'room not found' },
    }),
  }
}

/** The password of a TURN server is for those who may use it, and without it browsers refuse the server altogether. */
function iceServersFor({ iceServers }: Pick<Config, 'iceServers'>, { stranger }: Who): z.output<typeof IceServer>[] {
  return iceServers
    .filter(({ credential }) => credential === undefined || !stranger)
    .map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username !== undefined && { username }),
      ...(credential && { credential: credential.reveal() }),
    }))
}
