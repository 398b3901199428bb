import type { Grant } from '../access/caller.ts'
import type { Role } from '../access/role.ts'
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from './drizzle.ts'

const createdAt = () => integer('created_at', { mode: 'timestamp_ms' }).notNull()

/** The quotas of a tenant; -1: without limit. */
export type TenantLimits = {
  maxApps: number
  maxConcurrentStreams: number
  maxRecordingMinutesMonth: number
  maxEgressGbMonth: number
  maxStorageGb: number
}

/** Whom apps and users belong to. */
export const tenants = sqliteTable('tenants', {
  name: text('name').primaryKey(),
  limits: text('limits', { mode: 'json' }).$type<Partial<TenantLimits>>().notNull(),
  createdAt: createdAt(),
})

/** What an app is like stands in its `config.yaml`. */
export const apps = sqliteTable('apps', {
  /** A short id for APIs that count. Never used twice. */
  number: integer('number').primaryKey({ autoIncrement: true }),
  name: text('name').notNull().unique(),
  tenant: text('tenant').notNull(),
  createdAt: createdAt(),
  updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
})

/** What is counted anew each month. */
export type MonthlyMetric = 'maxRecordingMinutesMonth' | 'maxEgressGbMonth'

/** What each tenant used of its quotas in each month. */
export const usage = sqliteTable(
  'usage',
  {
    tenant: text('tenant').notNull(),
    /** `2026-11`, in UTC. */
    month: text('month').notNull(),
    metric: text('metric').$type<MonthlyMetric>().notNull(),
    amount: real('amount').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.month, table.metric] })],
)

/** People who log in. */
export const users = sqliteTable('users', {
  id: text('id').primaryKey(),
  email: text('email').notNull().unique(),
  tenant: text('tenant').notNull(),
  role: text('role').$type<Role>().notNull(),
  /** scrypt, with its salt and cost. */
  passwordHash: text('password_hash').notNull(),
  createdAt: createdAt(),
})

/** Who is logged in. A session token names one of these rows; without it the token is worthless. */
export const loginSessions = sqliteTable(
  'login_sessions',
  {
    id: text('id').primaryKey(),
    /** Absent: the administrator whom the environment names. */
    user: text('user'),
    remoteAddress: text('remote_address'),
    createdAt: createdAt(),
    endsAt: integer('ends_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (table) => [index('login_sessions_user').on(table.user)],
)

/** Tokens are kept as SHA-256 of the secret: it carries 256 random bits, so no salt or stretching is needed. */
export const tokens = sqliteTable('tokens', {
  /** A short id for APIs that count. Never used twice. */
  number: integer('number').primaryKey({ autoIncrement: true }),
  id: text('id').notNull().unique(),
  hash: text('hash').notNull().unique(),
  name: text('name').notNull(),
  grants: text('grants', { mode: 'json' }).$type<Grant[]>().notNull(),
  app: text('app'),
  room: text('room'),
  /** Addresses and CIDR ranges it may be presented from; null: any. */
  allowedIps: text('allowed_ips', { mode: 'json' }).$type<string[]>(),
  createdAt: createdAt(),
  lastUsedAt: integer('last_used_at', { mode: 'timestamp_ms' }),
  revokedAt: integer('revoked_at', { mode: 'timestamp_ms' }),
})

export const ingresses = sqliteTable(
  'ingresses',
  {
    id: text('id').primaryKey(),
    protocol: text('protocol').notNull(),
    app: text('app').notNull(),
    room: text('room').notNull(),
    identity: text('identity').notNull(),
    /** The publisher's display name. */
    name: text('name'),
    keyHash: text('key_hash').notNull(),
    /** The last four characters of the stream key, to tell keys apart. */
    keyHint: text('key_hint').notNull(),
    /** The stream key, encrypted with the server's own key, for those who may read it again. */
    sealedKey: text('sealed_key'),
    /** The source that is pulled, encrypted likewise: it may carry a password. */
    sealedUrl: text('sealed_url'),
    /** scrypt of the password that goes with the stream key. */
    passwordHash: text('password_hash'),
    /** Whether the password was shown for it once, and need not come with each push. */
    authorized: integer('authorized', { mode: 'boolean' }).notNull().default(false),
    /** Whether renditions of it are made. */
    transcode: integer('transcode', { mode: 'boolean' }).notNull().default(false),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('ingresses_key').on(table.app, table.keyHash)],
)

/** Servers that joined this one. */
export const nodes = sqliteTable('nodes', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  address: text('address').notNull(),
  url: text('url').notNull(),
  region: text('region'),
  status: text('status').$type<'ACTIVE' | 'DRAINING' | 'DISABLED'>().notNull(),
  /** What its last heartbeat told. */
  stats: text('stats', { mode: 'json' }).$type<Record<string, unknown>>(),
  createdAt: createdAt(),
  lastSeenAt: integer('last_seen_at', { mode: 'timestamp_ms' }),
})

/** The log of the last weeks, for those who search it. */
export const logLines = sqliteTable(
  'log_lines',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    at: integer('at', { mode: 'timestamp_ms' }).notNull(),
    level: text('level').notNull(),
    /** Which part of the server wrote it. */
    source: text('source').notNull(),
    app: text('app'),
    message: text('message').notNull(),
    fields: text('fields', { mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [index('log_lines_at').on(table.at), index('log_lines_app').on(table.app, table.at)],
)

/** What an operator changed at run time about a plugin that plugins.config.ts lists. */
export const plugins = sqliteTable('plugins', {
  name: text('name').primaryKey(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  options: text('options', { mode: 'json' }).$type<Record<string, unknown>>(),
})

/** What a plugin contributed when it ran last, so that the API keeps its fields while the plugin is away. */
export const pluginManifests = sqliteTable('plugin_manifests', {
  name: text('name').primaryKey(),
  /** File URL of the module that contributed it. */
  module: text('module').notNull(),
  /** As its thread told it. */
  manifest: text('manifest', { mode: 'json' }).$type<unknown>().notNull(),
})

/** What an app says about a plugin; without a row it uses one that is not optional. */
export const appPlugins = sqliteTable(
  'app_plugins',
  {
    app: text('app').notNull(),
    plugin: text('plugin').notNull(),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    /** Its options there as JSON, sealed: there may be secrets among them. */
    sealedConfig: text('sealed_config'),
    /** Null: the app has no use for it, and its options are forgotten. */
    installedAt: integer('installed_at', { mode: 'timestamp_ms' }),
    updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.app, table.plugin] })],
)
