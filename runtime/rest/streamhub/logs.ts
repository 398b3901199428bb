import { z } from 'zod'
import { LOG_LEVELS } from '../../../core/kernel/log.ts'
import type { RouteTable } from '../route-table.ts'
import type { Access, Who } from './gate.ts'
import { AppParams, Page } from './reply.ts'
import { route } from './route.ts'

const SEARCH = `query ($filter: LogFilter!, $limit: Int!, $offset: Int!) {
  logs(filter: $filter, limit: $limit, offset: $offset) {
    total
    lines { number at level source app { number } message fields }
  }
}`

type Line = {
  number: number
  at: string
  level: string
  source: string
  app: { number: number } | null
  message: string
  fields: Readonly<Record<string, unknown>>
}
type Found = { logs: { total: number; lines: readonly Line[] } }

const LogRow = z.object({
  id: z.int().describe('Number of the line.'),
  ts: z.iso.datetime().describe('When it was written.'),
  level: z.enum(LOG_LEVELS).describe('How much it matters.'),
  source: z.string().describe('Which part of the server wrote it, such as core or plugin:rtmp.'),
  appId: z.int().nullable().describe('Number of the app that it is about.'),
  message: z.string().describe('What it says.'),
  metaJson: z.string().nullable().describe('JSON of what it is about, secrets masked.'),
})

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be an integer number')
    .transform(Number)
    .refine((value) => value >= min, `must not be less than ${min}`)
    .refine((value) => value <= max, `must not be greater than ${max}`)
    .optional()

const text = (most: number) => z.string().max(most, `must be shorter than or equal to ${most} characters`).optional()

const instant = z
  .string()
  .refine((value) => /^\d{4}-\d\d-\d\d([T ]|$)/.test(value) && !Number.isNaN(Date.parse(value)), 'must be an ISO 8601 date')
  .optional()

const Filters = z.object({
  level: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .optional()
    .describe('Exactly this level.'),
  source: text(64).describe('Exactly this part of the server.'),
  q: text(200).describe('A part of the message.'),
  since: instant.describe('Written then or later.'),
  until: instant.describe('Written then or before.'),
  limit: whole(1, 1_000).describe('Lines at most; 1 to 1000, default 100.'),
  offset: whole(0, Number.MAX_SAFE_INTEGER).describe('Lines to leave out first.'),
})
const FiltersWithApp = Filters.extend({ app: text(64).describe('Name of the app that lines are about.') })

type Asked = z.output<typeof FiltersWithApp>

const success = { 200: { description: 'The lines, newest first.', schema: Page(LogRow) } }

/** The log of the last weeks. */
export const logs: RouteTable<Access, Who> = {
  'GET /logs': route({
    summary: 'Search the log',
    description: 'Whoever is limited to apps finds what is about them.',
    access: 'BEARER',
    query: FiltersWithApp,
    document: SEARCH,
    variables: ({ query }) => variablesOf(query),
    reply: (found: Found, { query }) => toPage(found, query),
    success,
    errors: { 400: 'bad filter' },
  }),
  'GET /apps/{app}/logs': route({
    summary: 'Search what was logged about an app',
    access: 'usage:read',
    params: AppParams,
    query: Filters,
    document: SEARCH,
    variables: ({ query, params }) => variablesOf({ ...query, app: params.app }),
    reply: (found: Found, { query }) => toPage(found, query),
    success,
    errors: { 400: 'bad filter', 404: 'no such app' },
  }),
}

function pageOf({ limit = 100, offset = 0 }: Asked) {
  return { limit, offset }
}

function variablesOf({ app, level, source, q, since, until, ...page }: Asked) {
  return { filter: { app, level: level?.toUpperCase(), source, text: q, since, until }, ...pageOf(page) }
}

function toPage({ logs: { total, lines } }: Found, asked: Asked) {
  return { data: lines.map(toRow), total, ...pageOf(asked) }
}

function toRow({ number, at, level, source, app, message, fields }: Line): z.output<typeof LogRow> {
  return {
    id: number,
    ts: at,
    level: level.toLowerCase() as z.output<typeof LogRow>['level'],
    source,
    appId: app?.number ?? null,
    message,
    metaJson: Object.keys(fields).length === 0 ? null : JSON.stringify(fields),
  }
}
