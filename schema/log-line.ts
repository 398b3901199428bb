import { allows, type Caller, isLimited } from '../core/access/caller.ts'
import { requireGrant } from '../core/access/require.ts'
import type { App } from '../core/app/app.ts'
import { MediaError } from '../core/kernel/errors.ts'
import { builder } from './builder.ts'
import type { LogEntry, LogFilter, LogPage } from './context.ts'
import { LogLevelEnum } from './enums.ts'
import { given } from './given.ts'
import { nameIn } from './global-ids.ts'
import { AppType } from './refs.ts'

const MOST_LINES = 1_000

export const LogLine = builder.objectRef<LogEntry>('LogLine').implement({
  description: 'One line of a log.',
  fields: (t) => ({
    number: t.exposeInt('number', { nullable: true, description: 'Its number in the archive, once it is there.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was written.' }),
    level: t.expose('level', { type: LogLevelEnum, description: 'How much it matters.' }),
    source: t.exposeString('source', {
      nullable: true,
      description: "Which part of the server wrote it, such as core, http or plugin:rtmp. Absent in a plugin's own log.",
    }),
    app: t.field({
      type: AppType,
      nullable: true,
      description: 'The app it is about.',
      resolve: ({ app }, _args, { core }) => (app === undefined ? undefined : core.apps.find(app)),
    }),
    message: t.exposeString('message', { description: 'What it says.' }),
    fields: t.expose('fields', {
      type: 'JSON',
      description: 'What it is about: room, participant, plugin, task and the like. Secrets are masked.',
    }),
  }),
})

const LogPageType = builder.objectRef<LogPage>('LogPage').implement({
  description: 'A part of the log.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'How many lines fit, on this page and off it.' }),
    lines: t.field({ type: [LogLine], description: 'Newest first.', resolve: ({ lines }) => [...lines] }),
  }),
})

const LogFilterInput = builder.inputType('LogFilter', {
  description: 'Which lines are wanted: those of which everything holds that is said.',
  fields: (t) => ({
    app: t.string({ description: 'About this app.' }),
    level: t.field({ type: LogLevelEnum, description: 'Of exactly this level.' }),
    least: t.field({ type: LogLevelEnum, description: 'That matter this much at least.' }),
    source: t.string({ description: 'From this part of the server, such as core or plugin:rtmp.' }),
    text: t.string({ description: 'With this in their message, in letters of either case.' }),
    since: t.field({ type: 'DateTime', description: 'Written then or later.' }),
    until: t.field({ type: 'DateTime', description: 'Written then or before.' }),
  }),
})

builder.queryField('logs', (t) =>
  t.field({
    type: LogPageType,
    description: 'What is kept of the log, as far as the caller may read it: lines about its apps, or all when it has no limits.',
    extensions: { grant: 'CHECKED' },
    args: {
      filter: t.arg({ type: LogFilterInput, description: 'Which lines; absent: all.' }),
      limit: t.arg.int({ defaultValue: 100, description: `Lines at most; 1 to ${MOST_LINES}.` }),
      offset: t.arg.int({ defaultValue: 0, description: 'Lines to leave out first.' }),
    },
    resolve: (_root, { filter, limit, offset }, context) => {
      const mayRead = readable(context)
      const apps = mayRead && context.core.apps.list().filter(mayRead)
      const page = { limit: within('limit', limit ?? 100, 1, MOST_LINES), offset: within('offset', offset ?? 0, 0) }
      return context.logs.search({ ...filterOf(filter), ...(apps && { apps: apps.map(({ name }) => name) }) }, page)
    },
  }),
)

builder.subscriptionField('logTail', (t) =>
  t.field({
    type: LogLine,
    description:
      'The last lines of the log, then each that is written, as far as the caller may read it. A slow listener misses the oldest.',
    extensions: { grant: 'CHECKED' },
    args: { filter: t.arg({ type: LogFilterInput, description: 'Which lines; absent: all.' }) },
    subscribe: (_root, { filter }, context) => {
      const mayRead = readable(context)
      // Asked for each line: an app may be deleted, and its name be taken by somebody else.
      const isVisible = ({ app: name, at }: LogEntry) => {
        const app = name === undefined ? undefined : context.core.apps.find(name)
        return mayRead === undefined || (app !== undefined && mayRead(app) && at >= app.createdAt)
      }
      return context.logs.tail(filterOf(filter), isVisible)
    },
    resolve: (line) => line,
  }),
)

type Wanted = { [Key in keyof Omit<LogFilter, 'apps'>]?: LogFilter[Key] | null | undefined }

function filterOf(wanted: Wanted | null | undefined): LogFilter {
  const { app, ...filter } = given(wanted ?? {})
  return { ...filter, ...(app !== undefined && { app: nameIn(app) }) }
}

/**
 * Which apps' lines the caller may read; absent: every line.
 *
 * @throws {MediaError} `UNAUTHENTICATED` or `FORBIDDEN` when its rights lead to no line at all.
 */
function readable({ caller }: { caller: Caller }): ((app: App) => boolean) | undefined {
  const { tenant, app } = caller
  requireGrant(caller, 'usage:read', { ...(tenant !== undefined && { tenant }), ...(app !== undefined && { app }) })
  return isLimited(caller) ? (one) => allows(caller, 'usage:read', { tenant: one.tenant, app: one.name }) : undefined
}

/** @throws {MediaError} `INPUT_INVALID` */
function within(field: string, value: number, min: number, max?: number): number {
  if (value < min || value > (max ?? value)) {
    throw new MediaError('INPUT_INVALID', { field, reason: max === undefined ? `at least ${min}` : `from ${min} to ${max}` })
  }
  return value
}
