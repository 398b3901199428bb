import { newId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Store } from '../store/database.ts'
import { eq, lte } from '../store/drizzle.ts'
import { loginSessions as sessionsTable } from '../store/tables.ts'

export type LoginSession = {
  readonly id: string
  /** Absent: the administrator whom the environment names. */
  readonly user?: string
  readonly remoteAddress?: string
  readonly createdAt: Date
  readonly endsAt: Date
}

export const LASTS_MS = 12 * 3_600_000
/** How much longer than a session its connections may last. */
const SWEEP_EVERY_MS = 60_000
/** Sessions of one user; the oldest ends when another is opened. */
const MOST_PER_USER = 100

/** Who is logged in. A session that is not here does not count, whatever its token says. */
export class LoginSessions {
  readonly #store: Store
  readonly #log: Log
  /** By id; the oldest come first. */
  readonly #byId = new Map<string, LoginSession>()
  readonly #onEnded: ((session: LoginSession) => void)[] = []
  readonly #sweeper: NodeJS.Timeout

  private constructor(store: Store, log: Log) {
    this.#store = store
    this.#log = log
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS).unref()
  }

  static async load(store: Store, log: Log): Promise<LoginSessions> {
    const sessions = new LoginSessions(store, log)
    for (const { user, remoteAddress, ...row } of await store.select().from(sessionsTable).orderBy(sessionsTable.createdAt)) {
      sessions.#byId.set(row.id, { ...row, ...(user !== null && { user }), ...(remoteAddress !== null && { remoteAddress }) })
    }
    await sessions.#sweep()
    return sessions
  }

  /** Those that last, the oldest first. */
  list(): LoginSession[] {
    return [...this.#byId.values()].filter(lasts)
  }

  /** Undefined when it has ended. */
  find(id: string): LoginSession | undefined {
    const session = this.#byId.get(id)
    return session && lasts(session) ? session : undefined
  }

  async open({ user, remoteAddress }: Pick<LoginSession, 'user' | 'remoteAddress'>): Promise<LoginSession> {
    const theirs = this.list().filter((session) => session.user === user)
    for (const { id } of theirs.slice(0, Math.max(theirs.length - MOST_PER_USER + 1, 0))) await this.end(id)
    const session: LoginSession = {
      id: newId('LS'),
      ...(user !== undefined && { user }),
      ...(remoteAddress !== undefined && { remoteAddress }),
      createdAt: new Date(),
      endsAt: new Date(Date.now() + LASTS_MS),
    }
    await this.#store.insert(sessionsTable).values({ ...session, user: user ?? null, remoteAddress: remoteAddress ?? null })
    this.#byId.set(session.id, session)
    return session
  }

  /** Ends a session at once. Does nothing when it has ended already. */
  async end(id: string): Promise<void> {
    const session = this.#byId.get(id)
    if (!session) return
    this.#byId.delete(id)
    this.tell(session)
    await this.#store.delete(sessionsTable).where(eq(sessionsTable.id, id))
  }

  /** Tells of each session whose connections have to be closed. */
  onEnded(tell: (session: LoginSession) => void): void {
    this.#onEnded.push(tell)
  }

  /** Closes what a session has opened. Unless it has ended, it can be opened anew. */
  tell(session: LoginSession): void {
    for (const tell of this.#onEnded) tell(session)
  }

  close(): void {
    clearInterval(this.#sweeper)
  }

  async #sweep(): Promise<void> {
    const ended = [...this.#byId.values()].filter((session) => !lasts(session))
    if (ended.length === 0) return
    for (const session of ended) {
      this.#byId.delete(session.id)
      this.tell(session)
    }
    try {
      await this.#store.delete(sessionsTable).where(lte(sessionsTable.endsAt, new Date()))
    } catch (error) {
      this.#log.warn({ err: error }, 'sessions that have ended could not be removed')
    }
  }
}

function lasts({ endsAt }: LoginSession): boolean {
  return endsAt.getTime() > Date.now()
}
