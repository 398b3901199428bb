import { z } from 'zod'
import { type Links, playerLinks } from './links.ts'

/** What is asked of each ingress. */
export const FIELDS = 'id protocol room identity streamKey url requiresPassword status startedAt bitrateBps widthPx heightPx viewers'

export type Ingress = {
  id: string
  protocol: string
  room: string
  identity: string
  streamKey: string | null
  url: string | null
  requiresPassword: boolean
  status: 'INACTIVE' | 'BUFFERING' | 'PUBLISHING' | 'ERROR' | 'COMPLETE'
  startedAt: string | null
  bitrateBps: number | null
  widthPx: number | null
  heightPx: number | null
  viewers: number | null
}

export type Created = { ingress: Ingress; password: string | null; adaptive: boolean }

const Shared = z.object({
  ingressId: z.string().describe('Id.'),
  url: z.string().describe('Where the encoder connects to, or what is pulled.'),
  streamKey: z.string().nullable().describe('The stream key.'),
  roomName: z.string().describe('The room, with prefix.'),
  stream_key: z.string().nullable().describe('The stream key.'),
  rtmp_url: z.string().optional().describe('Of RTMP: address and stream key in one.'),
  requires_password: z.boolean().describe('Whether a password goes with the stream key.'),
})

export const NewRow = Shared.extend({
  stream_password: z.string().optional().describe('The password; told only now.'),
  adaptive: z.boolean().describe('Whether the app has the feature adaptivePlayer.'),
  player_url: z.string().describe('Page that plays the room.'),
  embed_iframe: z.string().describe('HTML of a frame that does.'),
})

export const Row = Shared.extend({
  name: z.string().describe('App and room.'),
  inputType: z.string().describe('rtmp, whip or url.'),
  status: z.enum(['inactive', 'buffering', 'publishing', 'error', 'complete']).describe('How it is doing.'),
  bitrate: z.int().optional().describe('What comes in, in bit/s; only while it is live.'),
  width: z.int().optional().describe('Width of the picture; only while it is live.'),
  height: z.int().optional().describe('Height of the picture; only while it is live.'),
  startedAt: z.iso.datetime().nullable().describe('Since when it is live.'),
  room: z.string().describe('The room, with prefix.'),
  viewers: z.int().nullable().describe('How many are in the room beside the publisher; null while nobody is.'),
})

export function toNewRow({ ingress, password, adaptive }: Created, app: string, links: Links): z.output<typeof NewRow> {
  const { playUrl, iframe } = playerLinks(links, app, ingress.room)
  return {
    ...shared(ingress, app, links),
    ...(password !== null && { stream_password: password }),
    adaptive,
    player_url: playUrl,
    embed_iframe: iframe,
  }
}

export function toRow(ingress: Ingress, app: string, links: Links): z.output<typeof Row> {
  const { protocol, room, status, startedAt, bitrateBps, widthPx, heightPx, viewers } = ingress
  return {
    ...shared(ingress, app, links),
    name: `${app}-${room}`,
    inputType: protocol.toLowerCase(),
    status: status.toLowerCase() as Lowercase<typeof status>,
    ...(bitrateBps !== null && { bitrate: bitrateBps }),
    ...(widthPx !== null && { width: widthPx }),
    ...(heightPx !== null && { height: heightPx }),
    startedAt,
    room,
    viewers,
  }
}

function shared({ id, protocol, room, streamKey, url, requiresPassword }: Ingress, app: string, links: Links): z.output<typeof Shared> {
  // Stream keys say which app they belong to; `live` is the path that every encoder is told.
  const rtmp = `${links.rtmp}/live`
  return {
    ingressId: id,
    url: url ?? (protocol === 'RTMP' ? rtmp : `${links.base}/whip/${app}`),
    streamKey,
    roomName: room,
    stream_key: streamKey,
    ...(protocol === 'RTMP' && { rtmp_url: `${rtmp}/${streamKey}` }),
    requires_password: requiresPassword,
  }
}
