import type { SQL } from 'drizzle-orm'
import { LOG_LEVELS } from '../core/kernel/log.ts'
import { and, eq, gte, inArray, lte, sql } from '../core/store/drizzle.ts'
import { logLines } from '../core/store/tables.ts'
import type { LogFilter } from '../schema/context.ts'
import type { LogLine } from './log.ts'

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

/** The same question, asked of the archive. */
export function conditionOf(filter: LogFilter): SQL | undefined {
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

function levelsOf({ level, least }: LogFilter): string[] | undefined {
  if (level === undefined && least === undefined) return undefined
  const enough = least === undefined ? LOG_LEVELS : LOG_LEVELS.slice(LOG_LEVELS.indexOf(least))
  return level === undefined ? [...enough] : enough.filter((one) => one === level)
}
