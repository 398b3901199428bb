import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../../core/kernel/backoff.ts'
import { messageOf } from '../../core/kernel/errors.ts'
import { sizeOf } from './files.ts'
import type { ParticipantSource } from './participant-source.ts'
import { Segment, type SegmentHost } from './segment.ts'
import type { RecordingRow, RecordingStore } from './store.ts'

/** Why a recording ends. */
export type EndReason = 'REQUESTED' | 'SOURCE_GONE' | 'QUOTA' | 'DELETED' | 'SHUTDOWN'

type Ground = { readonly host: SegmentHost; readonly store: RecordingStore; readonly app: string; readonly folder: string }

/**
 * A recording while it runs: one segment after the other, for as long as its source is there or may come back. It only writes; what
 * becomes of the files is decided after it has ended.
 */
export class Recording {
  /** `ended` once, when nothing is written any more. */
  readonly events = new EventEmitter<{ ended: [reason: EndReason] }>()
  readonly row: RecordingRow
  readonly #ground: Ground
  readonly #source: ParticipantSource
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 5_000, giveUpAfter: Number.POSITIVE_INFINITY })
  readonly #files: string[]
  #segment: Segment | undefined
  #turns: Promise<void> = Promise.resolve()
  #grace: NodeJS.Timeout | undefined
  #ended = false

  /** @param files What was written of it before, absolute. */
  constructor(ground: Ground, row: RecordingRow, source: ParticipantSource, files: readonly string[] = []) {
    this.#ground = ground
    this.row = row
    this.#source = source
    this.#files = [...files]
    source.events.on('changed', () => void this.#reconcile())
  }

  /** Everything that was written of it, in order. */
  get files(): readonly string[] {
    return this.#files
  }

  /** Bytes on disk so far. */
  async sizeBytes(): Promise<number> {
    return (await Promise.all(this.#files.map(sizeOf))).reduce((sum, size) => sum + size, 0)
  }

  /** Begins as soon as there is something to record. */
  async start(): Promise<void> {
    await this.#source.look()
    await this.#gather()
    await this.#reconcile()
  }

  /** Ends once, however often and by whomever it is called. */
  async end(reason: EndReason): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#grace)
    await this.#source.close()
    await this.#turn(() => this.#closeSegment())
    this.events.emit('ended', reason)
  }

  /** Sound and picture rarely come in the same moment; a file has the tracks that it began with. */
  async #gather(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#ground.host.config.gatherMs)
    while (this.#source.tracks.length < 2 && !deadline.aborted) await delay(GATHER_STEP_MS)
  }

  #reconcile(): Promise<void> {
    return this.#turn(async () => {
      if (this.#ended || this.#isCurrent()) return
      await this.#closeSegment()
      const { tracks } = this.#source
      if (tracks.length === 0) {
        this.#grace ??= setTimeout(() => void this.end('SOURCE_GONE'), this.#ground.host.config.graceMs)
        return
      }
      clearTimeout(this.#grace)
      this.#grace = undefined
      await this.#openSegment()
    })
  }

  #isCurrent(): boolean {
    const { tracks } = this.#source
    if (!this.#segment || this.#segment.ended) return false
    return tracks.length === this.#segment.tracks.length && tracks.every(({ id }, index) => id === this.#segment?.tracks[index]?.id)
  }

  async #openSegment(): Promise<void> {
    const { host, store, app, folder } = this.#ground
    const file = `${this.row.name}.s${String(this.#files.length).padStart(3, '0')}.mkv`
    try {
      // The row first: a file that nobody knows of would be lost.
      await store.addSegment(app, this.row.number, file)
      this.#files.push(join(folder, file))
      const segment = await Segment.open(host, this.#source.tracks, join(folder, file), `recording of ${this.row.room}`)
      this.#segment = segment
      this.#backoff.reset()
      segment.events.once('ended', (cause) => {
        host.log.warn({ app, room: this.row.room, recording: this.row.id, cause }, 'a recording goes on in another file')
        void this.#reconcile()
      })
    } catch (error) {
      const waitMs = this.#backoff.next() ?? 0
      host.log.warn({ err: error, app, room: this.row.room, recording: this.row.id, waitMs }, `not recording: ${messageOf(error)}`)
      setTimeout(() => void this.#reconcile(), waitMs).unref()
    }
  }

  async #closeSegment(): Promise<void> {
    const segment = this.#segment
    this.#segment = undefined
    segment?.events.removeAllListeners()
    await segment?.close()
  }

  #turn(run: () => Promise<void>): Promise<void> {
    const done = this.#turns.then(run)
    this.#turns = done.catch((error: unknown) => this.#ground.host.log.error({ err: error, recording: this.row.id }, 'recording failed'))
    return this.#turns
  }
}

const GATHER_STEP_MS = 20
