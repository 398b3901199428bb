import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, WithData, withData } from './reply.ts'
import { route } from './route.ts'

const SPACE = '{ totalBytes freeBytes usedBytes }'
const SERVER = `{ stats: serverStats {
  at uptimeSeconds version cpu { loadAvg cores } memory ${SPACE} disk ${SPACE}
  storage { registryBytes appDatabasesBytes recordings recordingsBytes }
  mediaAlive counts { apps rooms activeStreams } ingress { active total } egress { active total }
} }`
const APP = `query ($app: String!) { app(name: $app) { name displayName stats {
  at activeStreams viewers rooms { room { name openedAt } viewers publishers }
  recordings { total recording uploading ready failed } recordingsBytes databaseBytes ingress { active total } logLines { error warn info }
} } }`
const HEALTH = '{ health { version at uptimeSeconds } }'

type Tally = { active: number; total: number }
type Server = {
  at: string
  uptimeSeconds: number
  version: string
  cpu: z.output<typeof ServerStats>['cpu']
  memory: z.output<typeof Space>
  disk: z.output<typeof Space> | null
  storage: { registryBytes: number; appDatabasesBytes: number; recordings: number; recordingsBytes: number }
  mediaAlive: boolean
  counts: z.output<typeof ServerStats>['counts']
  ingress: Tally
  egress: Tally
}
type App = {
  name: string
  displayName: string
  stats: {
    at: string
    activeStreams: number
    viewers: number | null
    rooms: readonly { room: { name: string; openedAt: string }; viewers: number | null; publishers: number }[]
    recordings: { total: number } & z.output<typeof AppStats>['vods']['byStatus']
    recordingsBytes: number
    databaseBytes: number
    ingress: Tally
    logLines: z.output<typeof AppStats>['events24h']
  }
}

const Space = z.object({ totalBytes: z.int(), freeBytes: z.int(), usedBytes: z.int() })
const Reachable = z.object({ reachable: z.boolean(), active: z.int(), total: z.int() })

const ServerStats = z.object({
  ts: z.iso.datetime(),
  uptimeSeconds: z.int(),
  version: z.string(),
  cpu: z.object({ loadAvg: z.array(z.number()).describe('Over 1, 5 and 15 minutes.'), cores: z.int() }),
  memory: Space,
  disk: Space.nullable().describe('The disk of the data folder.'),
  storage: z.object({
    dbSizeBytes: z.int(),
    appsDbSizeBytes: z.int(),
    totalDbSizeBytes: z.int(),
    vodTotalBytes: z.int(),
    vodCount: z.int(),
  }),
  livekitReachable: z.boolean().describe('Whether the media engine is alive.'),
  counts: z.object({ apps: z.int(), rooms: z.int(), activeStreams: z.int() }),
  egress: Reachable,
  ingress: Reachable,
})

const AppStats = z.object({
  ts: z.iso.datetime(),
  app: z.object({ name: z.string(), displayName: z.string() }),
  live: z.object({
    activeStreams: z.int(),
    totalViewers: z.int().nullable().describe('Null where the app does not count viewers.'),
    rooms: z.array(z.object({ room: z.string(), viewers: z.int().nullable(), publishers: z.int(), startedAt: z.iso.datetime() })),
  }),
  vods: z.object({
    count: z.int(),
    totalBytes: z.int(),
    byStatus: z.object({ recording: z.int(), uploading: z.int(), ready: z.int(), failed: z.int() }),
  }),
  storage: z.object({ appDbBytes: z.int(), vodBytes: z.int() }),
  ingress: z.object({ total: z.int(), active: z.int() }),
  events24h: z.object({ error: z.int(), warn: z.int(), info: z.int() }).describe('Lines of the log about the app.'),
})

const Health = z.object({
  status: z.literal('ok'),
  up: z.literal(true),
  version: z.string(),
  ts: z.iso.datetime(),
  uptimeSeconds: z.int(),
})

/** How the server and its apps are doing. */
export const stats: RouteTable<Access, Who> = {
  'GET /stats': route({
    summary: 'How the server is doing',
    access: 'BEARER',
    document: SERVER,
    reply: (data: { stats: Server }) => toServerStats(data.stats),
    success: { 200: { description: 'Load, space, and what is live.', schema: ServerStats } },
  }),
  'GET /apps/{app}/stats': route({
    summary: 'How an app is doing',
    description: 'At most 5 seconds old.',
    access: 'app:read',
    params: AppParams,
    document: APP,
    variables: ({ params }) => params,
    reply: ({ app }: { app: App }) => withData(toAppStats(app)),
    success: { 200: { description: 'What is live, and what is kept.', schema: WithData(AppStats) } },
    errors: { 404: 'no such app' },
  }),
  'GET /health': route({
    summary: 'Whether the server answers',
    access: 'PUBLIC',
    document: HEALTH,
    reply: ({ health }: { health: { version: string; at: string; uptimeSeconds: number } }) => {
      const { version, at, uptimeSeconds } = health
      return { status: 'ok', up: true, version, ts: at, uptimeSeconds }
    },
    success: { 200: { description: 'It does.', schema: Health } },
  }),
}

function toServerStats({ at, uptimeSeconds, version, cpu, memory, disk, counts, ...of }: Server): z.output<typeof ServerStats> {
  const { registryBytes, appDatabasesBytes, recordings, recordingsBytes } = of.storage
  return {
    ts: at,
    uptimeSeconds,
    version,
    cpu,
    memory,
    disk,
    storage: {
      dbSizeBytes: registryBytes,
      appsDbSizeBytes: appDatabasesBytes,
      totalDbSizeBytes: registryBytes + appDatabasesBytes,
      vodTotalBytes: recordingsBytes,
      vodCount: recordings,
    },
    livekitReachable: of.mediaAlive,
    counts,
    egress: { reachable: of.mediaAlive, ...of.egress },
    ingress: { reachable: of.mediaAlive, ...of.ingress },
  }
}

function toAppStats({ name, displayName, stats: of }: App): z.output<typeof AppStats> {
  const { total, ...byStatus } = of.recordings
  return {
    ts: of.at,
    app: { name, displayName },
    live: {
      activeStreams: of.activeStreams,
      totalViewers: of.viewers,
      rooms: of.rooms.map(({ room, viewers, publishers }) => ({ room: room.name, viewers, publishers, startedAt: room.openedAt })),
    },
    vods: { count: total, totalBytes: of.recordingsBytes, byStatus },
    storage: { appDbBytes: of.databaseBytes, vodBytes: of.recordingsBytes },
    ingress: { total: of.ingress.total, active: of.ingress.active },
    events24h: of.logLines,
  }
}
