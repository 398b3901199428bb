import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SQL } from 'drizzle-orm'
import { LOG_LEVELS, type LogLevel } from '../core/kernel/log.ts'
import type { Store } from '../core/store/database.ts'
import { and, count, desc, eq, gt, gte, inArray, lte, max, min, sql } from '../core/store/drizzle.ts'
import { logLines } from '../core/store/tables.ts'
import type { LogEntry, LogFilter, LogPage } from '../schema/context.ts'
import type { LogLine } from './log.ts'

/** Lines looked at before others get their turn. */
const SEARCHED_AT_ONCE = 25_000

/** Whether a line that was just written is wanted. */
export function isWanted(filter: Omit<LogFilter, 'apps'>): (line: LogLine) => boolean {
  const levels = levelsOf(filter)
  const text = filter.text?.toLowerCase()
  return ({ level, source, app, message, at }) =>
    (levels === undefined || levels.includes(level)) &&
    (filter.source === undefined || filter.source === source) &&
    (filter.app === undefined || filter.app === app) &&
    (text === undefined || message.toLowerCase().includes(text)) &&
    (filter.since === undefined || at >= filter.since) &&
    (filter.until === undefined || at <= filter.until)
}

/** What fits in the archive, newest first. */
export async function searchLines(store: Store, filter: LogFilter, { limit, offset }: { limit: number; offset: number }): Promise<LogPage> {
  // Asked for one by one: for both at once SQLite would look at every line.
  const [lowest] = await store.select({ number: min(logLines.number) }).from(logLines)
  const [highest] = await store.select({ number: max(logLines.number) }).from(logLines)
  const first = lowest?.number ?? 1
  const last = highest?.number ?? 0
  const page: { total: number; lines: LogEntry[] } = { total: 0, lines: [] }
  const condition = conditionOf(filter)
  // What no index leads to is looked for a slice at a time, so that nobody else waits meanwhile.
  const step = isIndexed(filter) ? last : SEARCHED_AT_ONCE
  for (let to = last; to >= first; to -= step) {
    const where = step === last ? condition : and(condition, lte(logLines.number, to), gt(logLines.number, to - step))
    const [found] = await store.select({ lines: count() }).from(logLines).where(where)
    const before = page.total
    page.total += found?.lines ?? 0
    const wanted = limit - page.lines.length
    if (wanted > 0 && page.total > offset) {
      const rows = store.select().from(logLines).where(where).orderBy(desc(logLines.at), desc(logLines.number))
      page.lines.push(...(await rows.limit(wanted).offset(Math.max(0, offset - before))).map(entryOf))
    }
    await nextTurn()
  }
  return page
}

export async function countLines(store: Store, filter: LogFilter): Promise<Partial<Record<LogLevel, number>>> {
  const rows = await store
    .select({ level: logLines.level, lines: count() })
    .from(logLines)
    .where(conditionOf(filter))
    .groupBy(logLines.level)
  return Object.fromEntries(rows.map(({ level, lines }) => [level, lines]))
}

/** What `isWanted` asks, asked of the archive. */
function conditionOf(filter: LogFilter): SQL | undefined {
  const { app, apps, source, text, since, until } = filter
  const levels = levelsOf(filter)
  return and(
    levels && inArray(logLines.level, levels),
    source === undefined ? undefined : eq(logLines.source, source),
    app === undefined ? undefined : eq(logLines.app, app),
    apps && inArray(logLines.app, [...apps]),
    text === undefined ? undefined : sql`${logLines.message} LIKE ${`%${text.replace(/[\\%_]/g, '\\$&')}%`} ESCAPE '\\'`,
    since && gte(logLines.at, since),
    until && lte(logLines.at, until),
  )
}

/** Whether the archive finds these lines without looking at all the others. */
function isIndexed({ text, level, least, source }: LogFilter): boolean {
  return (text ?? level ?? least ?? source) === undefined
}

function levelsOf({ level, least }: LogFilter): string[] | undefined {
  if (level === undefined && least === undefined) return undefined
  const enough = least === undefined ? LOG_LEVELS : LOG_LEVELS.slice(LOG_LEVELS.indexOf(least))
  return level === undefined ? [...enough] : enough.filter((one) => one === level)
}

function entryOf({ level, app, fields, ...row }: typeof logLines.$inferSelect): LogEntry {
  return { ...row, level: level as LogLevel, ...(app !== null && { app }), fields: fields ?? {} }
}
