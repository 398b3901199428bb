import { MediaError } from '../../core/kernel/errors.ts'
import { Feed } from '../../core/kernel/feed.ts'
import type { RtmpSample } from './sample.ts'
import type { Session } from './session.ts'

const SAMPLE_INTERVAL_MS = 1_000

/** Everybody who publishes by RTMP at the moment. */
export class Sessions {
  readonly #byId = new Map<string, Session>()
  readonly #byParticipant = new Map<string, Session>()
  readonly #watchers = new Set<Feed<RtmpSample>>()
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS)

  add(session: Session): void {
    this.#byId.set(session.id, session)
    this.#byParticipant.set(session.participantId, session)
  }

  remove(session: Session): void {
    this.#byId.delete(session.id)
    this.#byParticipant.delete(session.participantId)
  }

  list(): Session[] {
    return [...this.#byId.values()]
  }

  /** @throws {MediaError} `SESSION_NOT_FOUND` */
  get(id: string): Session {
    const session = this.#byId.get(id)
    if (!session) throw new MediaError('SESSION_NOT_FOUND', { id })
    return session
  }

  of(participantId: string): Session | undefined {
    return this.#byParticipant.get(participantId)
  }

  /** Every session as it is, then each once a second. A slow watcher misses all but the latest of each. */
  watch(): Feed<RtmpSample> {
    const feed = new Feed<RtmpSample>({ keyOf: ({ id }) => id, onEnd: () => this.#watchers.delete(feed) })
    this.#watchers.add(feed)
    for (const { sample } of this.list()) feed.push(sample)
    return feed
  }

  close(): void {
    clearInterval(this.#timer)
    for (const session of this.list()) session.close('REQUESTED', 'The server stops.')
    for (const feed of this.#watchers) feed.end()
  }

  #sample(): void {
    for (const session of this.list()) {
      session.tick()
      for (const feed of this.#watchers) feed.push(session.sample)
    }
  }
}
