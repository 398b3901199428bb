import { EventEmitter } from 'node:events'
import { statfs } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../../core/kernel/backoff.ts'
import { messageOf } from '../../core/kernel/errors.ts'
import type { PluginTask } from '../kit/host.ts'
import { sizeOf } from './files.ts'
import type { RecorderHost } from './host.ts'
import { continues, type Part, type Parts } from './parts.ts'
import type { Codecs, Segment, Source } from './source.ts'

/** Why a recording ends. */
export type EndReason = 'REQUESTED' | 'SOURCE_GONE' | 'QUOTA' | 'DELETED' | 'SHUTDOWN'

const GATHER_STEP_MS = 20
const DISK_FULL = 'DISK_FULL'

export type RecordingEvents = {
  /** A part is over, and its files are whole; another one has begun. */
  partEnded: [part: Part]
  /** Once, while it is still written. */
  ending: []
  /** Once, when nothing is written any more. */
  ended: [reason: EndReason]
  /** Why it is not recording at the moment; undefined: it is again. */
  trouble: [cause: string | undefined]
}

/**
 * A recording while it runs: one segment after the other, for as long as its source is there or may come back. It only writes; what
 * becomes of the files is decided elsewhere.
 */
export class Recording {
  readonly events = new EventEmitter<RecordingEvents>()
  readonly #host: RecorderHost
  readonly #parts: Parts
  readonly #source: Source
  readonly #task: PluginTask
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 5_000 })
  #part: Part
  /** Over, but one of its files is not whole yet. */
  #leaving: Part | undefined
  /** Files that something still comes into. */
  readonly #open = new Set<string>()
  #segment: { segment: Segment; key: string } | undefined
  #turns: Promise<void> = Promise.resolve()
  #grace: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #split: NodeJS.Timeout | undefined
  #wantsPart = false
  #hasEnded = false

  constructor(host: RecorderHost, parts: Parts, part: Part, source: Source) {
    this.#host = host
    this.#parts = parts
    this.#part = part
    this.#source = source
    const { room, id } = part.row
    const [stop, restart] = [() => this.end('REQUESTED'), () => this.#interrupted('RESTARTED')]
    this.#task = host.tasks.open({ type: 'RECORDING', name: `${room} ${id}`, stop, restart })
    source.events.on('changed', () => void this.#reconcile())
  }

  /** The one that is written now. */
  get part(): Part {
    return this.#part
  }

  /** Whether something is written, or waited for: it counts as recorded time then. */
  get isWriting(): boolean {
    return this.#segment !== undefined
  }

  /** Bytes on disk so far, of this part. */
  async sizeBytes(): Promise<number> {
    return (await Promise.all(this.#part.files.map(sizeOf))).reduce((sum, size) => sum + size, 0)
  }

  /** What is shown at the moment, as JPEG. */
  async picture(): Promise<Buffer | undefined> {
    return this.#segment?.segment.picture()
  }

  /** Begins as soon as there is something to record. */
  async start(): Promise<void> {
    await this.#source.look()
    await this.#gather()
    this.#splitLater()
    await this.#reconcile()
  }

  /** Ends once, however often and by whomever it is called. */
  async end(reason: EndReason): Promise<void> {
    if (this.#hasEnded) return this.#turns
    this.#hasEnded = true
    for (const timer of [this.#grace, this.#retry, this.#split]) clearTimeout(timer)
    this.events.emit('ending')
    this.#task.stopping()
    await this.#source.close()
    await this.#turn(() => this.#closeSegment(undefined))
    this.#task.stopped()
    this.events.emit('ended', reason)
  }

  /** Sound and picture rarely come in the same moment; waiting a little saves a file. */
  async #gather(): Promise<void> {
    const deadline = Date.now() + this.#host.config.gatherMs
    while (this.#source.isGathering && Date.now() < deadline) await delay(GATHER_STEP_MS)
  }

  #reconcile(): Promise<void> {
    return this.#turn(async () => {
      const { key } = this.#source
      if (this.#hasEnded || (key !== undefined && key === this.#segment?.key && !this.#segment.segment.ended)) return
      await this.#closeSegment(key === undefined ? 'SOURCE_GONE' : 'SOURCE_CHANGED')
      if (key === undefined) {
        this.#grace ??= setTimeout(() => void this.end('SOURCE_GONE'), this.#host.config.graceMs)
        return
      }
      clearTimeout(this.#grace)
      this.#grace = undefined
      await this.#openSegment(key)
    })
  }

  async #openSegment(key: string): Promise<void> {
    try {
      const segment = await this.#source.open((codecs) => this.#next(codecs))
      this.#segment = { segment, key }
      segment.events.on('begun', () => {
        this.#backoff.reset()
        this.#task.running()
        this.events.emit('trouble', undefined)
      })
      segment.events.on('whole', (file) => {
        this.#open.delete(file)
        this.#leave()
      })
      segment.events.once('ended', (cause) => void this.#interrupted(cause))
      if (segment.ended) void this.#interrupted('it ended at once')
    } catch (error) {
      await this.#interrupted(messageOf(error))
    }
  }

  /** Goes on as soon as it can. */
  async #interrupted(cause: string): Promise<void> {
    if (this.#hasEnded) return
    const waitMs = this.#backoff.next() ?? 0
    const { row, app, folder } = this.#part
    this.#host.log.warn({ app, room: row.room, recording: row.id, cause, waitMs }, 'recording interrupted')
    this.#task.restarting(cause)
    this.events.emit('trouble', cause)
    void this.#turn(() => this.#closeSegment(cause))
    const retry = async () => {
      if (cause === DISK_FULL && !(await this.#hasSpace(folder)))
        this.#retry = setTimeout(() => void retry(), this.#host.config.diskCheckMs)
      else await this.#reconcile()
    }
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void retry(), waitMs)
  }

  async #closeSegment(cause: string | undefined): Promise<void> {
    const current = this.#segment
    this.#segment = undefined
    if (!current) return
    current.segment.events.removeAllListeners()
    await current.segment.close()
    this.#open.clear()
    if (cause !== undefined) await this.#parts.interrupted(this.#part, cause).catch(() => undefined)
    this.#leave()
  }

  async #next(codecs: Codecs): Promise<string> {
    if (this.#part.files.length > 0 && (this.#wantsPart || !continues(this.#part.codecs, codecs))) {
      this.#leaving = this.#part
      this.#part = await this.#parts.after(this.#part)
      this.#wantsPart = false
      this.#splitLater()
      this.#leave()
    }
    const file = await this.#parts.nextFile(this.#part, codecs)
    this.#open.add(file)
    return file
  }

  #leave(): void {
    const part = this.#leaving
    if (!part || part.files.some((file) => this.#open.has(file))) return
    this.#leaving = undefined
    this.events.emit('partEnded', part)
  }

  #splitLater(): void {
    clearTimeout(this.#split)
    const { row } = this.#part
    const everyMs = this.#host.config.splitMs ?? row.splitMinutes * 60_000
    if (row.splitMinutes === 0) return
    const waitMs = Math.max(0, row.startedAt.getTime() + everyMs - Date.now())
    this.#split = setTimeout(() => {
      this.#wantsPart = true
      this.#segment?.segment.cut()
    }, waitMs)
  }

  async #hasSpace(folder: string): Promise<boolean> {
    const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 1, bsize: Number.POSITIVE_INFINITY }))
    return bavail * bsize >= this.#host.config.minFreeMb * 1_000_000
  }

  #turn(run: () => Promise<void>): Promise<void> {
    const done = this.#turns.then(run)
    this.#turns = done.catch((error: unknown) => this.#host.log.error({ err: error, recording: this.#part.row.id }, 'recording failed'))
    return this.#turns
  }
}
