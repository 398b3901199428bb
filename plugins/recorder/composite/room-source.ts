import { EventEmitter } from 'node:events'
import type { NextFile, Segment, Source } from '../source.ts'
import { CompositeSegment } from './composite-segment.ts'
import type { CompositeHost } from './composition.ts'
import { layoutNamed } from './layout.ts'
import { RoomMembers } from './room-members.ts'

/** Everybody in a room, side by side. The room may be empty for a while, which is black and silent. */
export class RoomSource implements Source {
  readonly events = new EventEmitter<{ changed: [] }>()
  readonly #host: CompositeHost
  readonly #members: RoomMembers
  readonly #layout: string | null | undefined
  #isThere = false
  #empty: NodeJS.Timeout | undefined

  /**
   * @param room Full name.
   * @param layout `grid`, `speaker` or `single`.
   */
  constructor(host: CompositeHost, room: string, layout: string | null | undefined) {
    this.#host = host
    this.#layout = layout
    this.#members = new RoomMembers(host, room)
    this.#members.events.on('changed', () => this.#follow())
  }

  get key(): string | undefined {
    return this.#isThere ? this.#members.room : undefined
  }

  get isGathering(): boolean {
    return this.#members.isAwaited
  }

  async look(): Promise<boolean> {
    await this.#members.look()
    return this.#isThere || this.#members.isAwaited
  }

  open(next: NextFile): Promise<Segment> {
    return CompositeSegment.open(this.#host, this.#members, layoutNamed(this.#layout), next)
  }

  async close(): Promise<void> {
    clearTimeout(this.#empty)
    await this.#members.close()
  }

  #follow(): void {
    const isEmpty = this.#members.all.length === 0
    if (!isEmpty) {
      clearTimeout(this.#empty)
      this.#empty = undefined
      this.#tell(true)
    } else this.#empty ??= setTimeout(() => this.#tell(false), this.#host.config.graceMs)
  }

  #tell(isThere: boolean): void {
    if (this.#isThere === isThere) return
    this.#isThere = isThere
    this.events.emit('changed')
  }
}
