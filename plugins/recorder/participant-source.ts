import { EventEmitter } from 'node:events'
import type { ParticipantInfo, TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import { type SegmentHost, TrackSegment } from './segment.ts'
import type { NextFile, Segment, Source } from './source.ts'

type SourceHost = SegmentHost & Pick<Host, 'events'>

/** What a participant publishes at the moment; it may leave and come back. */
export class ParticipantSource implements Source {
  readonly events: Source['events'] = new EventEmitter()
  readonly room: string
  readonly identity: string
  readonly #host: SourceHost
  readonly #listening: (() => void)[]
  #tracks: readonly TrackData[] = []
  #key: string | undefined
  /** Counts how often its tracks were made anew, under the same names: copies of them ended then. */
  #generation = 0
  #isClosed = false
  #want: { participant: string; want: string } | undefined

  /** @param room Full name. */
  constructor(host: SourceHost, room: string, identity: string) {
    this.#host = host
    this.room = room
    this.identity = identity
    const look = ({ room: where }: { room: string }) => {
      if (where === room) void this.#lookAgain()
    }
    const { events } = host
    this.#listening = [
      events.on('track.published', ({ track }) => look(track)),
      events.on('track.unpublished', ({ track }) => look(track)),
      events.on('participant.joined', ({ participant }) => look(participant)),
      events.on('participant.left', ({ participant }) => look(participant)),
      events.on('track.remade', ({ track }) => {
        if (this.#tracks.some(({ id }) => id === track.id)) this.#generation++
        look(track)
      }),
    ]
  }

  get key(): string | undefined {
    return this.#key
  }

  get isGathering(): boolean {
    return this.#tracks.length < 2
  }

  async look(): Promise<boolean> {
    const room = await this.#host.core.rooms.find(this.room)
    const participant = room?.participants.find(({ identity }) => identity === this.identity)
    if (participant) await this.#askForTracks(participant)
    // Sound and picture, one each, the first of its kind.
    this.#tracks = (['video', 'audio'] as const).flatMap((kind) => participant?.tracks.find((track) => track.kind === kind) ?? [])
    const key = this.#tracks.length === 0 ? undefined : `${this.#tracks.map(({ id }) => id)} ${this.#generation}`
    if (key !== this.#key) {
      this.#key = key
      this.events.emit('changed')
    }
    return participant !== undefined
  }

  async #lookAgain(): Promise<void> {
    // Whoever has just left can't be asked for anything, and that it left is told next.
    await this.look().catch((error: unknown) => this.#host.log.debug({ err: error, room: this.room }, 'a source could not be looked at'))
  }

  open(next: NextFile): Promise<Segment> {
    return TrackSegment.open(this.#host, this.#tracks, next)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const off of this.#listening) off()
    if (this.#want) await this.#host.core.participants.unwantTracks(this.#want.want).catch(() => undefined)
  }

  /** Those who publish pictures one by one make a track of them when somebody wants it. */
  async #askForTracks({ id }: ParticipantInfo): Promise<void> {
    if (this.#want?.participant === id) return
    const before = this.#want
    this.#want = { participant: id, want: '' }
    if (before) await this.#host.core.participants.unwantTracks(before.want)
    const want = await this.#host.core.participants.wantTracks(id)
    if (this.#isClosed) await this.#host.core.participants.unwantTracks(want)
    else this.#want = { participant: id, want }
  }
}
