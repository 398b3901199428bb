import { z } from 'zod'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { WithData, withData } from './reply.ts'
import { route } from './route.ts'

const GPU = `query ($refresh: Boolean!) {
  gpu(refresh: $refresh) { available type devices { kind name index memoryMiB } driver checkedAt detail }
}`
const SETTINGS = `{ settings {
  server { host port publicUrl publicWsUrl rtmpPublicHost logLevel logRetentionDays dataDir registryBytes appsCount }
  auth { adminUser adminPasswordSet sessionKeySet joinKeyHint metricsTokenSet }
  cluster { enabled redisAddress nodesCount }
  ports { http rtmp rtc }
  process { version nodeVersion pid platform uptimeSeconds memoryRssBytes }
  guidance { group settings { setting envVar: variable howToChange } }
} }`

type GpuAnswer = {
  gpu: {
    available: boolean
    type: string
    devices: readonly { kind: string; name: string; index: number | null; memoryMiB: number | null }[]
    driver: string | null
    checkedAt: string
    detail: string | null
  }
}
type Help = { setting: string; envVar: string; howToChange: string }
type Settings = {
  server: {
    host: string
    port: number
    publicUrl: string | null
    publicWsUrl: string | null
    rtmpPublicHost: string | null
    logLevel: string
    logRetentionDays: number
    dataDir: string
    registryBytes: number
    appsCount: number
  }
  auth: { adminUser: string; adminPasswordSet: boolean; sessionKeySet: boolean; joinKeyHint: string; metricsTokenSet: boolean }
  cluster: { enabled: boolean; redisAddress: string | null; nodesCount: number }
  ports: { http: number; rtmp: number; rtc: number }
  process: { version: string; nodeVersion: string; pid: number; platform: string; uptimeSeconds: number; memoryRssBytes: number }
  guidance: readonly { group: string; settings: readonly Help[] }[]
}

const GpuRow = z.object({
  available: z.boolean(),
  type: z.enum(['nvidia', 'vaapi', 'none']),
  devices: z.array(z.object({ kind: z.string(), name: z.string(), index: z.int().optional(), memoryMiB: z.int().optional() })),
  driver: z.string().optional(),
  checkedAt: z.iso.datetime(),
  detail: z.string().optional().describe('What stands in the way, when there is none.'),
})
const gpuFound = { description: 'What was found.', schema: GpuRow }

const SettingsDocument = z.record(z.string(), z.record(z.string(), z.unknown()))

/** The machine, and how the server is configured. */
export const system: RouteTable<Access, Who> = {
  'GET /system/gpu': route({
    summary: 'Hardware that encodes video',
    access: 'BEARER',
    query: z.object({ refresh: z.string().optional().describe('1 or true: look again.') }),
    document: GPU,
    variables: ({ query }) => ({ refresh: query.refresh === '1' || query.refresh === 'true' }),
    reply: (data: GpuAnswer) => toGpu(data),
    success: { 200: gpuFound },
  }),
  'POST /system/gpu/refresh': route({
    summary: 'Look again for hardware that encodes video',
    access: 'BEARER',
    document: GPU,
    variables: () => ({ refresh: true }),
    reply: (data: GpuAnswer) => toGpu(data),
    success: { 201: gpuFound },
  }),
  'GET /system/settings': route({
    summary: 'The configuration as it works, without secrets',
    access: 'GLOBAL',
    document: SETTINGS,
    reply: ({ settings }: { settings: Settings }, { who }) => withData(toSettings(settings, who)),
    success: { 200: { description: 'By group, and how to change it.', schema: WithData(SettingsDocument) } },
  }),
}

function toGpu({ gpu: { available, type, devices, driver, checkedAt, detail } }: GpuAnswer): z.output<typeof GpuRow> {
  return {
    available,
    type: type.toLowerCase() as z.output<typeof GpuRow>['type'],
    devices: devices.map(({ kind, name, index, memoryMiB }) => ({
      kind: kind.toLowerCase(),
      name,
      ...(index !== null && { index }),
      ...(memoryMiB !== null && { memoryMiB }),
    })),
    ...(driver !== null && { driver }),
    checkedAt,
    ...(detail !== null && { detail }),
  }
}

/** There is one way to run this server, permissions are always enforced, and it sends no mail; StreamHub has settings for these. */
function toSettings({ server, auth, cluster, ports, process, guidance }: Settings, { links }: Who) {
  return {
    core: {
      nodeEnv: 'production',
      port: server.port,
      host: server.host,
      publicBaseUrl: server.publicUrl,
      publicWsUrl: server.publicWsUrl,
      rtmpPublicHost: server.rtmpPublicHost,
      logLevel: server.logLevel.toLowerCase(),
      logRetentionDays: server.logRetentionDays,
      authzEnforce: 'on',
      redisUrl: cluster.redisAddress,
      dataDir: server.dataDir,
    },
    auth: {
      adminUser: auth.adminUser,
      jwtSecretSet: auth.sessionKeySet,
      adminPassSet: auth.adminPasswordSet,
      smtpConfigured: false,
      superadminEmail: null,
    },
    livekit: { url: links.ws, apiKeySet: true, apiKeyMasked: `${auth.joinKeyHint}…` },
    cluster: { enabled: cluster.enabled, redisConfigured: cluster.redisAddress !== null, nodesCount: cluster.nodesCount },
    metrics: { tokenSet: auth.metricsTokenSet },
    storage: { dataDir: server.dataDir, dbSizeBytes: server.registryBytes, appsCount: server.appsCount },
    versions: { core: process.version, node: process.nodeVersion },
    runtime: {
      uptimeSeconds: process.uptimeSeconds,
      pid: process.pid,
      platform: process.platform,
      memoryRssBytes: process.memoryRssBytes,
    },
    ports: {
      core: ports.http,
      livekitSignaling: ports.http,
      livekitTcp: ports.rtc,
      livekitUdp: ports.rtc,
      rtmp: ports.rtmp,
      whip: ports.http,
    },
    guidance: Object.fromEntries(guidance.map(({ group, settings }) => [group, settings])),
  }
}
