import { EventEmitter } from 'node:events'
import type { types } from 'mediasoup'
import { MediaError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { CloseReason } from './close-reason.ts'
import type { Room } from './room.ts'
import { Track, type TrackOptions } from './track.ts'

export type ParticipantOptions = {
  /** Unique in the room. */
  identity: string
  /** The way it came in, as its plugin says: `WHIP`, `RTMP`, … */
  kind: string
  name?: string
  metadata?: string
  remoteAddress?: string
  /** It publishes something that is no track, such as pictures one by one, for as long as it is there. */
  publishing?: boolean
  /** Nobody in the room is told of it, and it counts for nothing. */
  hidden?: boolean
  /** It came only to watch: it counts as a viewer, also while it is hidden. */
  audience?: boolean
  /** It may take the tracks of others. */
  subscribing?: boolean
  /** The kinds of tracks it may publish; absent: every kind. */
  publishes?: readonly types.MediaKind[]
  /** Id of the caller whose join token let it in. */
  joinedBy?: string
  /** The `traceparent` of the request that let it in. */
  trace?: string
}

/** One party in a room: a browser, an encoder, an analyser. */
export class Participant {
  readonly id = newId('PA')
  readonly room: Room
  readonly identity: string
  readonly kind: string
  readonly joinedAt = new Date()
  readonly remoteAddress: string | undefined
  readonly trace: string | undefined
  readonly joinedBy: string | undefined
  readonly hidden: boolean
  readonly audience: boolean
  readonly subscribing: boolean
  /** Its tracks, when it has any, are made because somebody wants them; see `TrackDemand`. */
  readonly onDemand: boolean
  readonly tracks = new Map<string, Track>()
  /** For whoever brought it in: `left` tells to hang up. */
  readonly events = new EventEmitter<{ left: [reason: CloseReason] }>()
  name: string
  metadata: string
  readonly #publishes: readonly types.MediaKind[] | undefined
  #left = false

  constructor(room: Room, options: ParticipantOptions) {
    this.room = room
    this.identity = options.identity
    this.kind = options.kind
    this.name = options.name ?? options.identity
    this.metadata = options.metadata ?? ''
    this.remoteAddress = options.remoteAddress
    this.trace = options.trace
    this.#publishes = options.publishes
    this.joinedBy = options.joinedBy
    this.hidden = options.hidden ?? false
    this.audience = options.audience ?? false
    this.subscribing = options.subscribing ?? false
    this.onDemand = options.publishing ?? false
  }

  get left(): boolean {
    return this.#left
  }

  get publishing(): boolean {
    return this.onDemand || this.tracks.size > 0
  }

  /** @throws {MediaError} `PARTICIPANT_NOT_FOUND` when it has left, or `FORBIDDEN` when it may not publish tracks of this kind. */
  requireMayPublish(kind: types.MediaKind): void {
    if (this.#left) throw new MediaError('PARTICIPANT_NOT_FOUND', { id: this.id })
    if (this.#publishes?.includes(kind) === false) {
      throw new MediaError('FORBIDDEN', { kind, reason: `the token lets publish ${this.#publishes.join(' and ') || 'nothing'} only` })
    }
  }

  /** @throws {MediaError} as `requireMayPublish` does. */
  publish(options: TrackOptions): Track {
    try {
      this.requireMayPublish(options.kind)
    } catch (error) {
      options.producer.close()
      throw error
    }
    const track = new Track(this, options)
    this.tracks.set(track.id, track)
    this.room.events.emit('track.published', track)
    return track
  }

  /** Leaves once: unpublishes its tracks, then says goodbye. */
  leave(reason: CloseReason): void {
    if (this.#left) return
    this.#left = true
    for (const track of [...this.tracks.values()]) track.close(reason)
    this.room.participants.delete(this.id)
    this.events.emit('left', reason)
    this.room.events.emit('participant.left', this, reason)
    this.room.settle()
  }
}
