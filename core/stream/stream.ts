import type { App } from '../app/app.ts'
import type { Participant } from '../room/participant.ts'
import type { streams } from '../store/app-tables.ts'
import { type Headcount, headcount } from './headcount.ts'

export type StreamRow = typeof streams.$inferSelect
export type StreamStats = Readonly<Record<string, unknown>>

type StreamFacts = Pick<StreamRow, 'name' | 'kind' | 'room' | 'identity' | 'startedAt' | 'endedAt'> & { app: App; stats: StreamStats }

/** One participant's stay in a room as a publisher, or the last one of those that it is known for. */
export class Stream {
  readonly app: App
  /** `<room>/<identity>` */
  readonly name: string
  /** The way it came in, as its plugin says: `RTMP`, `WHIP`, … */
  readonly kind: string
  /** Full name of the room. */
  readonly room: string
  readonly identity: string
  readonly startedAt: Date
  readonly #numbered = Promise.withResolvers<number>()
  #participant: Participant | undefined
  #number = 0
  #endedAt: Date | undefined
  /** While it is live what its publisher says about it, afterwards what was last known. */
  #stats: StreamStats

  static begin(participant: Participant): Stream {
    const { room, identity, kind } = participant
    const stats = {}
    const facts = { name: `${room.name}/${identity}`, kind, room: room.name, identity, startedAt: new Date(), endedAt: null }
    return new Stream({ ...facts, app: room.app, stats }, participant)
  }

  static past(app: App, row: StreamRow): Stream {
    const stream = new Stream({ ...row, app, stats: row.stats ?? {} })
    stream.number = row.number
    return stream
  }

  private constructor({ app, name, kind, room, identity, startedAt, endedAt, stats }: StreamFacts, participant?: Participant) {
    this.app = app
    this.name = name
    this.kind = kind
    this.room = room
    this.identity = identity
    this.startedAt = startedAt
    this.#endedAt = endedAt ?? undefined
    this.#stats = stats
    this.#participant = participant
  }

  /** Who publishes; undefined when the stream has ended. */
  get participant(): Participant | undefined {
    return this.#participant
  }

  get live(): boolean {
    return this.#participant !== undefined
  }

  get endedAt(): Date | undefined {
    return this.#endedAt
  }

  /** Its number within the app, as soon as its row has one; 0 when it could not be written. */
  get numbered(): number | Promise<number> {
    return this.#number || this.#numbered.promise
  }

  set number(number: number) {
    this.#number = number
    this.#numbered.resolve(number)
  }

  /** Who is in its room at the moment; nobody counts once it has ended. */
  get headcount(): Headcount {
    return this.#participant ? headcount(this.#participant.room) : { participants: 0, publishers: 0, viewers: 0 }
  }

  get viewers(): number {
    return this.headcount.viewers
  }

  /** What is known of it: what its publisher says, and who is there. */
  get stats(): StreamStats {
    return this.live ? { ...this.#stats, live: true, ...this.headcount } : this.#stats
  }

  report(stats: StreamStats): void {
    if (this.live) this.#stats = stats
  }

  end(): void {
    this.#stats = { ...this.stats, live: false }
    this.#endedAt = new Date()
    this.#participant = undefined
  }
}
