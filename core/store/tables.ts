import type { Grant } from '../access/caller.ts'
import type { AppSettings } from '../app/settings.ts'
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from './drizzle.ts'

const createdAt = () => integer('created_at', { mode: 'timestamp_ms' }).notNull()

export const apps = sqliteTable('apps', {
  name: text('name').primaryKey(),
  prefix: text('prefix').notNull().unique(),
  settings: text('settings', { mode: 'json' }).$type<Partial<AppSettings>>().notNull(),
  createdAt: createdAt(),
})

/** Tokens are kept as SHA-256 of the secret: it carries 256 random bits, so no salt or stretching is needed. */
export const tokens = sqliteTable('tokens', {
  id: text('id').primaryKey(),
  hash: text('hash').notNull().unique(),
  name: text('name').notNull(),
  grants: text('grants', { mode: 'json' }).$type<Grant[]>().notNull(),
  app: text('app'),
  room: text('room'),
  createdAt: createdAt(),
})

export const ingresses = sqliteTable(
  'ingresses',
  {
    id: text('id').primaryKey(),
    protocol: text('protocol').notNull(),
    app: text('app').notNull(),
    room: text('room').notNull(),
    identity: text('identity').notNull(),
    keyHash: text('key_hash').notNull(),
    /** The last four characters of the stream key, to tell keys apart. */
    keyHint: text('key_hint').notNull(),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('ingresses_key').on(table.app, table.keyHash)],
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

/** What an app says about a plugin; without a row it uses the plugin as it is. */
export const appPlugins = sqliteTable(
  'app_plugins',
  {
    app: text('app').notNull(),
    plugin: text('plugin').notNull(),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    config: text('config', { mode: 'json' }).$type<Record<string, unknown>>(),
  },
  (table) => [primaryKey({ columns: [table.app, table.plugin] })],
)
