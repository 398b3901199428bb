import { resolve } from 'node:path'
import type { AddressSet } from '../../core/kernel/addresses.ts'
import { MediaError, messageOf } from '../../core/kernel/errors.ts'
import type { LogLevel } from '../../core/kernel/log.ts'
import { Secret } from './secret.ts'
import { VARIABLES, type Values, type VariableName } from './variables.ts'

/** What the operator decided, checked. `insecure` comes from the command line, everything else from the environment. */
export type Config = {
  readonly host: string
  readonly port: number
  readonly rtmpPort: number
  readonly rtcPort: number
  /** Addresses told to WebRTC clients; empty: the one listened on. */
  readonly announcedIps: readonly string[]
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined
  /** The same for WebSockets, where it is another. */
  readonly publicWsUrl: string | undefined
  /** Host in the RTMP addresses that encoders are told, where it is another. */
  readonly rtmpPublicHost: string | undefined
  readonly dataDir: string
  readonly databaseUrl: Secret | undefined
  readonly workers: number
  readonly logLevel: LogLevel
  /** What is kept of the log, and for how many days. */
  readonly logArchive: { readonly level: LogLevel; readonly retentionDays: number }
  readonly apiToken: Secret | undefined
  readonly goLive: {
    readonly authToken: Secret | undefined
    readonly roomTokens: ReadonlyMap<string, Secret>
    readonly jwtSecret: Secret | undefined
    readonly jwtAudience: string | undefined
    readonly adminToken: Secret | undefined
    readonly records: GoLiveRecords
  }
  readonly logins: {
    readonly jwtSecret: Secret | undefined
    readonly adminUser: string
    readonly adminPass: Secret | undefined
    readonly allowSignup: boolean
  }
  readonly rtcStack: { readonly apiSecret: Secret | undefined }
  readonly liveKit: { readonly apiKey: string | undefined; readonly apiSecret: Secret | undefined }
  readonly streamHub: {
    readonly clusterToken: Secret | undefined
    /** Told to nodes that join; this server needs none. */
    readonly redisUrl: Secret | undefined
    readonly metricsToken: Secret | undefined
  }
  /** 0 is no limit. */
  readonly maxViewersPerRoom: number
  /** Requests a second; 0 is no limit. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number }
  readonly allowedOrigins: readonly string[]
  readonly privateAddresses: boolean | AddressSet
  /** Variables that hold secrets of apps, such as `APP_LIVE_S3_KEY`, by name. */
  readonly appSecrets: ReadonlyMap<string, Secret>
  readonly iceServers: readonly IceServer[]
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly introspection: boolean
  /** Absent: nothing is traced. */
  readonly traces: TracesConfig | undefined
  readonly trustedProxies: AddressSet
  readonly insecure: boolean
}

/** How the app `live` is recorded. */
export type GoLiveRecords = {
  readonly enabled: boolean
  /** Absent: in the folder of the app. */
  readonly dir: string | undefined
  /** Absent: as the app is configured. */
  readonly upload: GoLiveBucket | undefined
}

export type GoLiveBucket = {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly key: Secret
  readonly secret: Secret
  readonly prefix: string
  readonly forcePathStyle: boolean
  readonly deleteAfterwards: boolean
}

export type IceServer = { readonly urls: readonly string[]; readonly username?: string; readonly credential?: Secret }

export type TracesConfig = {
  readonly serviceName: string
  /** An OTLP collector, or stdout. */
  readonly exporter:
    | { readonly to: 'console' }
    | {
        readonly to: 'otlp'
        /** Address of the collector's traces. */
        readonly url: string
        readonly format: 'protobuf' | 'json'
        readonly headers: ReadonlyMap<string, Secret>
      }
}

export type ConfigIssue = { readonly name: string; readonly problem: string }

/**
 * Reads the configuration. Nothing else in the process reads the environment.
 *
 * @throws {MediaError} `CONFIG_INVALID` whose `issues` list every mistake, by variable.
 */
export function readEnv(env: NodeJS.ProcessEnv = process.env, options: { insecure?: boolean } = {}): Config {
  const issues: ConfigIssue[] = []
  const values = parse(env, issues)
  if ((values.TLS_CERT_FILE === undefined) !== (values.TLS_KEY_FILE === undefined)) {
    const missing = values.TLS_CERT_FILE === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'
    issues.push({ name: missing, problem: 'is needed as well: HTTPS takes both a certificate and its key' })
  }
  if ((values.LIVEKIT_API_KEY === undefined) !== (values.LIVEKIT_API_SECRET === undefined)) {
    const missing = values.LIVEKIT_API_KEY === undefined ? 'LIVEKIT_API_KEY' : 'LIVEKIT_API_SECRET'
    issues.push({ name: missing, problem: 'is needed as well: join tokens take both a key and its secret' })
  }
  if (values.UPLOAD_RECORDINGS) {
    const needed = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const
    for (const name of needed) if (values[name] === undefined) issues.push({ name, problem: 'is needed to upload recordings' })
  }
  if (issues.length > 0) throw new MediaError('CONFIG_INVALID', { issues })
  return { ...configOf(values, options.insecure ?? false), appSecrets: appSecretsOf(env) }
}

function parse(env: NodeJS.ProcessEnv, issues: ConfigIssue[]): Values {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const given = env[name]?.trim()
    const text = given === undefined || given === '' ? variable.fallback : given
    if (text === undefined) continue
    const parsed = variable.parse.safeParse(text)
    if (parsed.success) values[name] = parsed.data
    else for (const { message } of parsed.error.issues) issues.push({ name, problem: message })
  }
  return values as Values satisfies Record<VariableName, unknown>
}

function configOf(values: Values, insecure: boolean): Omit<Config, 'appSecrets'> {
  return {
    host: values.HTTP_ADDR?.host ?? values.HOST,
    port: values.HTTP_ADDR?.port ?? values.PORT,
    rtmpPort: values.RTMP_PORT,
    rtcPort: values.RTC_PORT,
    announcedIps: values.ANNOUNCED_IP ?? [],
    publicUrl: values.PUBLIC_URL,
    publicWsUrl: values.PUBLIC_WS_URL,
    rtmpPublicHost: values.RTMP_PUBLIC_HOST,
    dataDir: values.DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    workers: values.WORKERS,
    logLevel: values.LOG_LEVEL,
    logArchive: { level: values.LOG_ARCHIVE_LEVEL, retentionDays: values.LOG_RETENTION_DAYS },
    apiToken: values.PATCHBAY_API_TOKEN,
    goLive: {
      authToken: values.AUTH_TOKEN,
      roomTokens: values.ROOM_TOKENS,
      jwtSecret: values.JWT_SECRET,
      jwtAudience: values.JWT_AUDIENCE,
      adminToken: values.ADMIN_TOKEN,
      records: { enabled: values.RECORD_ENABLED, dir: values.RECORD_DIR && resolve(values.RECORD_DIR), upload: bucketOf(values) },
    },
    logins: {
      jwtSecret: values.JWT_SECRET,
      adminUser: values.ADMIN_USER,
      adminPass: values.ADMIN_PASS,
      allowSignup: values.ALLOW_SIGNUP,
    },
    rtcStack: { apiSecret: values.API_SECRET },
    liveKit: { apiKey: values.LIVEKIT_API_KEY, apiSecret: values.LIVEKIT_API_SECRET },
    streamHub: {
      clusterToken: values.STREAMHUB_CLUSTER_TOKEN,
      redisUrl: values.CLUSTER_REDIS_URL ?? values.REDIS_URL,
      metricsToken: values.METRICS_TOKEN,
    },
    maxViewersPerRoom: values.MAX_SUBS_PER_ROOM,
    rateLimit: { perSecond: values.RATE_LIMIT_RPS, burst: values.RATE_LIMIT_BURST },
    allowedOrigins: values.ALLOWED_ORIGIN,
    privateAddresses: values.ALLOW_PRIVATE_ADDRESSES,
    iceServers: iceServersOf(values),
    tls: values.TLS_CERT_FILE && values.TLS_KEY_FILE ? { certFile: values.TLS_CERT_FILE, keyFile: values.TLS_KEY_FILE } : undefined,
    introspection: values.GRAPHQL_INTROSPECTION,
    traces: tracesOf(values),
    trustedProxies: values.TRUSTED_PROXIES,
    insecure,
  }
}

/** go-live names a host where others have the whole address. */
function bucketOf(values: Values): GoLiveBucket | undefined {
  const { S3_ENDPOINT: host, S3_BUCKET: bucket, S3_ACCESS_KEY: key, S3_SECRET_KEY: secret } = values
  if (!values.UPLOAD_RECORDINGS || host === undefined || bucket === undefined || !key || !secret) return undefined
  return {
    endpoint: /^https?:\/\//.test(host) ? host : `${values.S3_USE_SSL ? 'https' : 'http'}://${host}`,
    region: values.S3_REGION,
    bucket,
    key,
    secret,
    prefix: values.S3_PREFIX ?? '',
    forcePathStyle: values.S3_PATH_STYLE,
    deleteAfterwards: values.DELETE_RECORDING_AFTER_UPLOAD,
  }
}

/** Their names hold those of apps, so they can not be listed with the others. */
function appSecretsOf(env: NodeJS.ProcessEnv): Map<string, Secret> {
  const found = Object.entries(env).filter(([name, value]) => /^APP_[A-Z0-9_]+_(S3|MQTT)_[A-Z]+$/.test(name) && value)
  return new Map(found.map(([name, value]) => [name, new Secret(value ?? '')]))
}

function iceServersOf(values: Values): IceServer[] {
  const servers: IceServer[] = []
  if (values.STUN_URLS.length > 0) servers.push({ urls: values.STUN_URLS })
  if (values.TURN_URLS.length > 0) {
    servers.push({
      urls: values.TURN_URLS,
      ...(values.TURN_USERNAME !== undefined && { username: values.TURN_USERNAME }),
      ...(values.TURN_PASSWORD !== undefined && { credential: values.TURN_PASSWORD }),
    })
  }
  return servers
}

/** As OpenTelemetry names and reads them, but off unless something is set. */
function tracesOf(values: Values): TracesConfig | undefined {
  const { OTEL_TRACES_EXPORTER: chosen, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = values
  if (chosen === 'console') return { serviceName, exporter: { to: 'console' } }
  if (chosen === 'none' || (chosen === undefined && endpoint === undefined)) return undefined
  const format = values.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? 'json' : 'protobuf'
  const url = `${endpoint ?? 'http://localhost:4318'}/v1/traces`
  return { serviceName, exporter: { to: 'otlp', url, format, headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? new Map() } }
}

/** A start that failed, told to the operator: one line for each mistake. */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof MediaError) || error.code !== 'CONFIG_INVALID') return messageOf(error)
  const issues = (error.details.issues ?? []) as ConfigIssue[]
  return ['The configuration has mistakes:', ...issues.map(({ name, problem }) => `  ${name} ${problem}`)].join('\n')
}
