import { EventEmitter } from 'node:events'
import { newId } from '../kernel/ids.ts'
import type { CloseReason } from './close-reason.ts'
import type { Room } from './room.ts'
import type { Track } from './track.ts'

/** The layers of a simulcast or SVC track that a viewer gets at most; absent: the best that it can take. */
export type PreferredLayers = { spatial: number; temporal?: number }

/** What carries a viewer's media: it counts, and steers, what flows. */
export interface ViewerFlow {
  /** What flows at the moment, by the media section (SDP `mid`) that it flows in. */
  readonly plays: ReadonlyMap<string, Track>
  bytesSent(): Promise<number>
  preferLayers(layers: PreferredLayers | undefined): Promise<void>
  close(): void
}

export type ViewerOptions = {
  kind: string
  remoteAddress?: string
  userAgent?: string
  /** False: what it gets is made of no track, such as pictures one by one. */
  takesTracks?: boolean
  /** Nobody else in the room is told of it, and it counts for nothing. */
  hidden?: boolean
  /** The `traceparent` of the request that let it in. */
  trace?: string
}

/** One session that only receives. */
export class Viewer {
  readonly id = newId('VW')
  readonly room: Room
  readonly kind: string
  readonly startedAt = new Date()
  readonly remoteAddress: string | undefined
  readonly userAgent: string | undefined
  readonly takesTracks: boolean
  readonly hidden: boolean
  readonly trace: string | undefined
  readonly events = new EventEmitter<{ left: [reason: CloseReason] }>()
  #flow: ViewerFlow | undefined
  #preferredLayers: PreferredLayers | undefined
  #left = false

  constructor(room: Room, options: ViewerOptions) {
    this.room = room
    this.kind = options.kind
    this.remoteAddress = options.remoteAddress
    this.userAgent = options.userAgent?.slice(0, 300)
    this.takesTracks = options.takesTracks ?? true
    this.hidden = options.hidden ?? false
    this.trace = options.trace
  }

  get left(): boolean {
    return this.#left
  }

  get preferredLayers(): PreferredLayers | undefined {
    return this.#preferredLayers
  }

  /** The tracks it gets at the moment, by the media section (SDP `mid`) they flow in. */
  get plays(): ReadonlyMap<string, Track> {
    return this.#flow?.plays ?? new Map()
  }

  /** Ties the viewer to what carries its media. */
  flowsThrough(flow: ViewerFlow): void {
    if (this.#left) flow.close()
    else this.#flow = flow
  }

  /** Of a viewer that has left, what it had been sent in the end. */
  async bytesSent(): Promise<number> {
    return (await this.#flow?.bytesSent()) ?? 0
  }

  async preferLayers(layers: PreferredLayers | undefined): Promise<void> {
    this.#preferredLayers = layers
    await this.#flow?.preferLayers(layers)
    if (!this.#left) this.room.events.emit('viewer.changed', this)
  }

  /** Closes once, however often it is called. */
  close(reason: CloseReason): void {
    if (this.#left) return
    this.#left = true
    this.#flow?.close()
    this.room.viewers.delete(this.id)
    this.events.emit('left', reason)
    this.room.events.emit('viewer.left', this, reason)
    this.room.settle()
  }
}
