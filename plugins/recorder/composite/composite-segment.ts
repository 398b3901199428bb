import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../../../core/kernel/backoff.ts'
import { messageOf } from '../../../core/kernel/errors.ts'
import type { Codecs, NextFile, Segment } from '../source.ts'
import type { CompositeHost } from './composition.ts'
import type { LayoutName } from './layout.ts'
import { Mixer } from './mixer.ts'
import type { RoomMembers } from './room-members.ts'

const CODECS: Codecs = { video: 'H264', audio: 'OPUS' }
/** Milliseconds until a change counts: sound and picture of one who comes are seldom published in the same moment. */
const CALM_MS = 300

/**
 * A room in one picture. Whoever comes or goes makes another mixer, with a layout that fits: it gets ready while the one before goes on, and
 * takes over with the next picture, in a file of its own. One that dies is the end of the segment.
 */
export class CompositeSegment implements Segment {
  readonly events = new EventEmitter<{ begun: [file: string]; whole: [file: string]; ended: [cause: string] }>()
  readonly #host: CompositeHost
  readonly #members: RoomMembers
  readonly #layout: LayoutName
  readonly #next: NextFile
  readonly #closed = new AbortController()
  readonly #backoff = new Backoff({ firstMs: 200, maxMs: 5_000, giveUpAfter: Number.POSITIVE_INFINITY })
  readonly #changed = () => this.cut()
  readonly #leaving = new Set<Promise<void>>()
  #mixer: Mixer | undefined
  #ended = false
  #wasSeen = false
  #closing: Promise<void> | undefined
  /** Runs while there is anything that the mixer does not show yet. */
  #replacing: Promise<void> | undefined
  #isOutdated = false

  /** @throws {MediaError} `PIPELINE_FAILED` */
  static async open(host: CompositeHost, members: RoomMembers, layout: LayoutName, next: NextFile): Promise<CompositeSegment> {
    const segment = new CompositeSegment(host, members, layout, next)
    members.events.on('changed', segment.#changed)
    try {
      // What is said while the first pictures are waited for is in no file: not for long.
      await segment.#replace(host.config.gatherMs)
    } catch (error) {
      members.events.off('changed', segment.#changed)
      throw error
    }
    if (segment.#isOutdated) segment.cut()
    return segment
  }

  private constructor(host: CompositeHost, members: RoomMembers, layout: LayoutName, next: NextFile) {
    this.#host = host
    this.#members = members
    this.#layout = layout
    this.#next = next
  }

  get ended(): boolean {
    return this.#ended
  }

  cut(): void {
    this.#isOutdated = true
    if (!this.#mixer) return
    this.#replacing ??= this.#keepUp().finally(() => {
      this.#replacing = undefined
    })
  }

  async picture(): Promise<Buffer | undefined> {
    return this.#mixer?.picture()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#members.events.off('changed', this.#changed)
    this.#closed.abort()
    await this.#replacing
    await Promise.all(this.#leaving)
    // That everybody has gone is worth a file only when somebody comes back.
    if (this.#mixer?.isEmpty && this.#wasSeen) await this.#mixer.discard()
    else await this.#mixer?.close()
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#closed
    while (this.#isOutdated && !this.#ended) {
      await delay(CALM_MS, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      this.#isOutdated = false
      try {
        await this.#replace(this.#host.config.composite.settleMs)
        this.#backoff.reset()
      } catch (error) {
        const waitMs = this.#backoff.next() ?? 0
        this.#isOutdated = true
        this.#host.log.warn({ err: error, room: this.#members.room, waitMs }, `the layout stays as it was: ${messageOf(error)}`)
        await delay(waitMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  async #replace(settleMs: number): Promise<void> {
    const before = this.#mixer
    const { all: members, room } = this.#members
    const file = await this.#next(CODECS)
    try {
      const mixer = await Mixer.start(this.#host, members, {
        file,
        name: `recording of ${room}`,
        layout: this.#layout,
        speaker: before?.speaker,
      })
      try {
        await mixer.settle(settleMs)
        await mixer.takeOver(before)
      } catch (error) {
        await mixer.discard()
        throw error
      }
      this.#follow(mixer)
    } catch (error) {
      this.events.emit('whole', file)
      throw error
    }
    this.#host.log.debug({ room, members: members.length, file }, 'a room is recorded in a new layout')
    if (before) this.#leave(before)
  }

  /** Nobody waits for the end of a file while another one is written. */
  #leave(mixer: Mixer): void {
    mixer.events.removeAllListeners()
    const left = mixer.close().then(() => {
      this.#leaving.delete(left)
      this.events.emit('whole', mixer.file)
    })
    this.#leaving.add(left)
  }

  #follow(mixer: Mixer): void {
    this.#mixer = mixer
    this.#wasSeen ||= !mixer.isEmpty
    mixer.events.once('ended', (cause) => this.#end(cause))
    if (mixer.ended) this.#end('its pipeline died')
    // Whoever opens the segment hears of its first file, too.
    setImmediate(() => this.events.emit('begun', mixer.file))
  }

  #end(cause: string): void {
    if (this.#ended) return
    this.#ended = true
    this.events.emit('ended', cause)
  }
}
