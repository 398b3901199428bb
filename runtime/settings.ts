import { join } from 'node:path'
import type { Core } from '../core/core.ts'
import type { ServerService } from '../schema/context.ts'
import type { Settings, SettingsGroup, SettingsService } from '../schema/settings.ts'
import type { Config } from './config/env.ts'
import { VARIABLES, type VariableName } from './config/variables.ts'
import { databaseSize } from './database-size.ts'

type ServerSettingsDependencies = { config: Config; core: Core; server: ServerService; port: () => number }

/** Which variable says what, by group. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, VariableName>>>> = {
  core: {
    port: 'PORT',
    host: 'HOST',
    publicBaseUrl: 'PUBLIC_URL',
    publicWsUrl: 'PUBLIC_WS_URL',
    rtmpPublicHost: 'RTMP_PUBLIC_HOST',
    logLevel: 'LOG_LEVEL',
    logRetentionDays: 'LOG_RETENTION_DAYS',
    redisUrl: 'REDIS_URL',
    dataDir: 'DATA_DIR',
  },
  auth: { adminUser: 'ADMIN_USER', adminPassSet: 'ADMIN_PASS', jwtSecretSet: 'JWT_SECRET' },
  livekit: { apiKeyMasked: 'LIVEKIT_API_KEY', apiKeySet: 'LIVEKIT_API_SECRET' },
  cluster: { enabled: 'STREAMHUB_CLUSTER_TOKEN', redisConfigured: 'CLUSTER_REDIS_URL' },
  metrics: { tokenSet: 'METRICS_TOKEN' },
  storage: { dataDir: 'DATA_DIR', dbSizeBytes: 'DATABASE_URL' },
  ports: { core: 'PORT', livekitUdp: 'RTC_PORT', rtmp: 'RTMP_PORT' },
}

/** Tells the configuration without its secrets. */
export class ServerSettings implements SettingsService {
  readonly #of: ServerSettingsDependencies

  constructor(dependencies: ServerSettingsDependencies) {
    this.#of = dependencies
  }

  async read(): Promise<Settings> {
    const { config, core, server, port } = this.#of
    const { host, publicUrl, dataDir, logins, streamHub } = config
    return {
      server: {
        host,
        port: port(),
        publicUrl,
        publicWsUrl: webSocketUrlOf(config),
        rtmpPublicHost: config.rtmpPublicHost ?? (publicUrl === undefined ? undefined : new URL(publicUrl).hostname),
        logLevel: server.logLevel,
        logRetentionDays: config.logArchive.retentionDays,
        dataDir,
        registryBytes: await databaseSize(join(dataDir, 'patchbay.db')),
        appsCount: core.apps.list().length,
      },
      auth: {
        adminUser: logins.adminUser,
        adminPasswordSet: logins.adminPass !== undefined,
        sessionKeySet: logins.jwtSecret !== undefined,
        joinKeyHint: core.keys.liveKit.apiKey.slice(0, 6),
        metricsTokenSet: streamHub.metricsToken !== undefined,
      },
      cluster: {
        enabled: core.nodes.enabled,
        redisAddress: addressIn(streamHub.redisUrl?.reveal()),
        nodesCount: core.nodes.list().length,
      },
      ports: { http: port(), rtmp: config.rtmpPort, rtc: config.rtcPort },
      process: {
        version: server.version,
        nodeVersion: process.version,
        pid: process.pid,
        platform: `${process.platform} ${process.arch}`,
        uptimeSeconds: Math.floor((Date.now() - server.startedAt.getTime()) / 1_000),
        memoryRssBytes: process.memoryUsage.rss(),
      },
      guidance: GUIDANCE,
    }
  }
}

const GUIDANCE: readonly SettingsGroup[] = Object.entries(GROUPS).map(([group, settings]) => ({
  group,
  settings: Object.entries(settings).map(([setting, variable]) => ({
    setting,
    variable,
    howToChange: `Set ${variable} in the environment of the server and start it again. ${VARIABLES[variable].help}`,
  })),
}))

/** Where the server takes WebSockets, when its operator says so. */
export function webSocketUrlOf({ publicWsUrl, publicUrl }: Pick<Config, 'publicWsUrl' | 'publicUrl'>): string | undefined {
  return publicWsUrl ?? publicUrl?.replace(/^http/, 'ws')
}

/** Host and port of an address, without what else is in it: a name, a password, a database. */
function addressIn(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  return URL.canParse(url) ? new URL(url).host : 'unreadable'
}
