import { createRequire } from 'node:module'

/**
 * drizzle, for a plugin's `tables.ts` and its queries. It is loaded as CommonJS: as ES modules, each of its hundred files makes
 * Node read the package's huge `exports` once more, which costs every thread 0.6 s and 100 MiB.
 */
const require = createRequire(import.meta.url)

export const { blob, index, integer, primaryKey, real, sqliteTable, text, unique, uniqueIndex } =
  require('drizzle-orm/sqlite-core') as typeof import('drizzle-orm/sqlite-core')

export const { and, asc, between, count, desc, eq, gt, gte, inArray, isNull, like, lt, lte, max, min, ne, not, or, sql, sum } =
  require('drizzle-orm') as typeof import('drizzle-orm')
