import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { MediaError } from '../../core/kernel/errors.ts'
import { asc, eq } from '../kit/tables.ts'
import type { RecordingStore } from './store.ts'
import { rules } from './tables.ts'

export type RuleRow = typeof rules.$inferSelect
export type RuleInput = Partial<Omit<RuleRow, 'number' | 'id' | 'pattern'>> & { pattern: string }

const PATTERN = /^[A-Za-z0-9._*-]{1,200}$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/

/** What apps want recorded without asking. */
export class Rules {
  readonly events = new EventEmitter<{ changed: [app: string] }>()
  readonly #store: RecordingStore
  readonly #always: ReadonlySet<string>

  /** @param always Apps in which everybody is recorded. */
  constructor(store: RecordingStore, always: readonly string[] = []) {
    this.#store = store
    this.#always = new Set(always)
    this.events.setMaxListeners(0)
  }

  /** @throws {MediaError} `APP_NOT_FOUND` */
  async list(app: string): Promise<RuleRow[]> {
    return (await this.#store.of(app)).select().from(rules).orderBy(asc(rules.number))
  }

  /** What is to be followed: the rules of the app, and what the server's operator wants of it. @throws {MediaError} `APP_NOT_FOUND` */
  async inForce(app: string): Promise<RuleRow[]> {
    const own = await this.list(app)
    return this.#always.has(app) ? [EVERYBODY, ...own] : own
  }

  /** Makes a rule, or replaces the one with this id. @throws {MediaError} `INPUT_INVALID` with the `field`, `APP_NOT_FOUND` or `NOT_FOUND`. */
  async set(app: string, id: string | undefined, input: RuleInput): Promise<RuleRow> {
    check(input)
    const db = await this.#store.of(app)
    const [row] =
      id === undefined
        ? await db
            .insert(rules)
            .values({ ...input, id: randomUUID() })
            .returning()
        : await db.update(rules).set(input).where(eq(rules.id, id)).returning()
    if (!row) throw new MediaError('NOT_FOUND', { rule: id })
    this.events.emit('changed', app)
    return row
  }

  /** @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async delete(app: string, id: string): Promise<RuleRow> {
    const [row] = await (await this.#store.of(app)).delete(rules).where(eq(rules.id, id)).returning()
    if (!row) throw new MediaError('NOT_FOUND', { rule: id })
    this.events.emit('changed', app)
    return row
  }
}

const EVERYBODY: RuleRow = {
  number: 0,
  id: 'always',
  pattern: '*',
  identity: null,
  mode: 'PARTICIPANT',
  fromTime: null,
  toTime: null,
  timeZone: 'UTC',
  keepDays: null,
  enabled: true,
}

/** Whether a rule is about a room. @param room App-local name. */
export function isAbout({ pattern }: Pick<RuleRow, 'pattern'>, room: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('.*')}$`).test(room)
}

/** Whether a rule holds at this moment: always, or between two times of day, which may lie around midnight. */
export function isDue({ fromTime, toTime, timeZone, enabled }: RuleRow, now = new Date()): boolean {
  if (!enabled) return false
  if (fromTime === null || toTime === null) return true
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(now)
  return fromTime <= toTime ? time >= fromTime && time < toTime : time >= fromTime || time < toTime
}

function check({ pattern, fromTime, toTime, timeZone, keepDays }: RuleInput): void {
  const refuse = (field: string, reason: string) => {
    throw new MediaError('INPUT_INVALID', { field, reason })
  }
  if (!PATTERN.test(pattern)) refuse('room', 'must be the name of a room, in which * stands for any characters')
  if (fromTime != null && !TIME.test(fromTime)) refuse('from', 'must be a time of day: HH:MM')
  if (toTime != null && !TIME.test(toTime)) refuse('to', 'must be a time of day: HH:MM')
  if ((fromTime == null) !== (toTime == null)) refuse(fromTime == null ? 'from' : 'to', 'must be given as well')
  if (keepDays != null && keepDays < 1) refuse('keepDays', 'must be at least 1')
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone })
  } catch {
    refuse('timeZone', 'must be a time zone, such as Europe/Berlin')
  }
}
