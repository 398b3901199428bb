import { createRequire } from 'node:module'

/**
 * drizzle, loaded as CommonJS: as ES modules, each of its hundred files makes Node read the package's huge `exports` once more, which
 * costs a start half a second and the process 100 MiB. `plugins/kit/tables.ts` does the same for plugins.
 */
const require = createRequire(import.meta.url)

export const { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } =
  require('drizzle-orm/sqlite-core') as typeof import('drizzle-orm/sqlite-core')

export const { and, asc, count, desc, eq, gt, gte, inArray, isNull, lte, max, min, sql } =
  require('drizzle-orm') as typeof import('drizzle-orm')

export const { drizzle } = require('drizzle-orm/libsql') as typeof import('drizzle-orm/libsql')

export const { migrate } = require('drizzle-orm/libsql/migrator') as typeof import('drizzle-orm/libsql/migrator')
