import { EventEmitter } from 'node:events'
import type { ParticipantInfo, TrackData } from '../../kit/core-api.ts'
import type { Host } from '../../kit/host.ts'

/** Somebody who is seen, heard, or both. */
export type Member = { readonly id: string; readonly name: string; readonly tracks: readonly TrackData[] }

/** What everybody in a room publishes at the moment, those first who came first. */
export class RoomMembers {
  /** `changed` whenever the tracks are others than before. */
  readonly events = new EventEmitter<{ changed: [] }>()
  readonly room: string
  readonly #host: Pick<Host, 'core' | 'events' | 'log'>
  readonly #listening: (() => void)[]
  /** What was asked of those who make tracks on demand, by their id. */
  readonly #wants = new Map<string, Promise<string | undefined>>()
  #members: readonly Member[] = []
  #awaited = false
  #closed = false

  constructor(host: Pick<Host, 'core' | 'events' | 'log'>, room: string) {
    this.#host = host
    this.room = room
    const look = ({ room: where }: { room: string }) => {
      if (where === room) this.look().catch((error: unknown) => host.log.warn({ err: error, room }, 'could not look into a room'))
    }
    const { events } = host
    this.#listening = [
      events.on('track.published', ({ track }) => look(track)),
      events.on('track.unpublished', ({ track }) => look(track)),
      events.on('participant.joined', ({ participant }) => look(participant)),
      events.on('participant.left', ({ participant }) => look(participant)),
    ]
  }

  /** None: nobody publishes anything. */
  get all(): readonly Member[] {
    return this.#members
  }

  get tracks(): readonly TrackData[] {
    return this.#members.flatMap(({ tracks }) => tracks)
  }

  /** Whether somebody is there who was asked for tracks, and has none yet. */
  get isAwaited(): boolean {
    return this.#awaited
  }

  /** Who is hidden publishes nothing. */
  async look(): Promise<void> {
    const participants = (await this.#host.core.rooms.find(this.room))?.participants ?? []
    if (this.#closed) return
    await this.#askForTracks(participants)
    this.#awaited = participants.some(({ onDemand, tracks }) => onDemand && tracks.length === 0)
    const before = this.tracks
    this.#members = participants.flatMap(({ id, identity, name, tracks }) =>
      tracks.length > 0 ? [{ id, name: name || identity, tracks: byKind(tracks) }] : [],
    )
    const now = this.tracks
    if (now.length !== before.length || now.some(({ id }, index) => id !== before[index]?.id)) this.events.emit('changed')
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const off of this.#listening) off()
    await Promise.all([...this.#wants.keys()].map((id) => this.#unwant(id)))
  }

  /** Those who publish pictures one by one make a track of them when somebody wants it. */
  async #askForTracks(participants: readonly ParticipantInfo[]): Promise<void> {
    const there = new Set(participants.filter(({ onDemand }) => onDemand).map(({ id }) => id))
    for (const id of this.#wants.keys()) if (!there.has(id)) await this.#unwant(id)
    for (const id of there) {
      // One that leaves in this moment is wanted no more.
      if (!this.#wants.has(id))
        this.#wants.set(
          id,
          this.#host.core.participants.wantTracks(id).catch(() => undefined),
        )
    }
  }

  async #unwant(participant: string): Promise<void> {
    const want = await this.#wants.get(participant)
    this.#wants.delete(participant)
    if (want !== undefined) await this.#host.core.participants.unwantTracks(want)
  }
}

/** Pictures first, whichever came first: the same tracks are the same list. */
function byKind(tracks: readonly TrackData[]): readonly TrackData[] {
  return [...tracks.filter(({ kind }) => kind === 'video'), ...tracks.filter(({ kind }) => kind === 'audio')]
}
