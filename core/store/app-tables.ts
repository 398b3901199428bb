import { index, integer, sqliteTable, text } from './drizzle.ts'

/** What an app keeps in its own database, `DATA_DIR/apps/<name>/app.db`. Plugins add tables of theirs. */

/** Who published, and until when. One row for each identity of a room. */
export const streams = sqliteTable('streams', {
  number: integer('number').primaryKey({ autoIncrement: true }),
  /** `<room>/<identity>` */
  name: text('name').notNull().unique(),
  kind: text('kind').notNull(),
  room: text('room').notNull(),
  identity: text('identity').notNull(),
  startedAt: integer('started_at', { mode: 'timestamp_ms' }).notNull(),
  /** Null while it is live. */
  endedAt: integer('ended_at', { mode: 'timestamp_ms' }),
  /** What was last known of it. */
  stats: text('stats', { mode: 'json' }).$type<Record<string, unknown>>(),
})

/** What the app's receiver is still to be told, in this order. */
export const callbacks = sqliteTable(
  'callbacks',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    /** The delivery's id, the same at each attempt. */
    id: text('id').notNull().unique(),
    event: text('event').notNull(),
    /** The exact bytes that are sent and signed. */
    body: text('body').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Not tried again before. */
    dueAt: integer('due_at', { mode: 'timestamp_ms' }).notNull(),
    lastError: text('last_error'),
  },
  (table) => [index('callbacks_due').on(table.dueAt)],
)
