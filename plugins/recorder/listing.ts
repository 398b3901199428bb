import { MediaError } from '../../core/kernel/errors.ts'
import { and, asc, count, desc, eq, gt, gte, inArray, like, lt, lte, or } from '../kit/tables.ts'
import type { RecordingDatabase, RecordingRow } from './store.ts'
import { type RecordingState, recordings } from './tables.ts'

export const ORDERS = ['NUMBER', 'STARTED_AT', 'SIZE_BYTES'] as const
export type Order = (typeof ORDERS)[number]

export type RecordingFilter = {
  /** Full names. */
  rooms?: readonly string[]
  identity?: string
  stream?: string
  state?: RecordingState
  /** Began then or later. */
  since?: Date
  /** Began then or before. */
  until?: Date
  /** A part of the name. */
  text?: string
}

export type ListOptions = {
  filter: RecordingFilter
  order: Order
  descending: boolean
  /** Absent: all. */
  limit?: number
  offset?: number
  /** A cursor: what comes after it. */
  after?: string
}

export type RecordingPage = { readonly total: number; readonly rows: readonly RecordingRow[]; readonly hasMore: boolean }

const COLUMNS = { NUMBER: recordings.number, STARTED_AT: recordings.startedAt, SIZE_BYTES: recordings.sizeBytes } as const

/** A page of an app's recordings. Of two that are equal, the number decides, so that no page repeats or leaves out a row. */
export async function list(db: RecordingDatabase, options: ListOptions): Promise<RecordingPage> {
  const { filter, order, descending, limit, offset = 0, after } = options
  const wanted = where(filter)
  const [counted] = await db.select({ total: count() }).from(recordings).where(wanted)
  const direction = descending ? desc : asc
  const query = db
    .select()
    .from(recordings)
    .where(and(wanted, after === undefined ? undefined : beyond(order, descending, after)))
    .orderBy(direction(COLUMNS[order]), direction(recordings.number))
    .offset(offset)
  const rows = await (limit === undefined ? query.limit(-1) : query.limit(limit + 1))
  const hasMore = limit !== undefined && rows.length > limit
  return { total: counted?.total ?? 0, rows: hasMore ? rows.slice(0, limit) : rows, hasMore }
}

/** Names a row's place in the list. */
export function cursorOf(order: Order, row: RecordingRow): string {
  const value = { NUMBER: row.number, STARTED_AT: row.startedAt.getTime(), SIZE_BYTES: row.sizeBytes ?? 0 }[order]
  return Buffer.from(JSON.stringify([value, row.number])).toString('base64url')
}

function where({ rooms, identity, stream, state, since, until, text }: RecordingFilter) {
  return and(
    rooms && inArray(recordings.room, [...rooms]),
    identity === undefined ? undefined : eq(recordings.identity, identity),
    stream === undefined ? undefined : eq(recordings.stream, stream),
    state && eq(recordings.state, state),
    since && gte(recordings.startedAt, since),
    until && lte(recordings.startedAt, until),
    text === undefined ? undefined : like(recordings.name, `%${text.replaceAll(/[%_]/g, '')}%`),
  )
}

/** @throws {MediaError} `INPUT_INVALID` for a cursor that is none of ours. */
function beyond(order: Order, descending: boolean, cursor: string) {
  const [value, number] = parsed(cursor)
  const further = descending ? lt : gt
  if (order === 'NUMBER') return further(recordings.number, number)
  const column = COLUMNS[order]
  const at = order === 'STARTED_AT' ? new Date(value) : value
  return or(further(column, at), and(eq(column, at), further(recordings.number, number)))
}

function parsed(cursor: string): [value: number, number: number] {
  try {
    const [value, number] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof value === 'number' && typeof number === 'number') return [value, number]
  } catch {
    // Told below.
  }
  throw new MediaError('INPUT_INVALID', { field: 'after', reason: 'must be a cursor of this list' })
}
