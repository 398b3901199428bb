import { EventEmitter } from 'node:events'
import type { ParticipantInfo, TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'

/** What a participant publishes at the moment; it may leave and come back. */
export class ParticipantSource {
  /** `changed` whenever its tracks are others than before; none: it is gone. */
  readonly events = new EventEmitter<{ changed: [] }>()
  readonly room: string
  readonly identity: string
  readonly #host: Pick<Host, 'core' | 'events'>
  readonly #listening: (() => void)[]
  #tracks: readonly TrackData[] = []
  #want: { participant: string; want: string } | undefined

  constructor(host: Pick<Host, 'core' | 'events'>, room: string, identity: string) {
    this.#host = host
    this.room = room
    this.identity = identity
    const look = ({ room: where }: { room: string }) => {
      if (where === room) void this.look()
    }
    const { events } = host
    this.#listening = [
      events.on('track.published', ({ track }) => look(track)),
      events.on('track.unpublished', ({ track }) => look(track)),
      events.on('participant.joined', ({ participant }) => look(participant)),
      events.on('participant.left', ({ participant }) => look(participant)),
    ]
  }

  /** Its tracks, sound and picture one each, the first of its kind. */
  get tracks(): readonly TrackData[] {
    return this.#tracks
  }

  /** @returns Whether it is there at all. */
  async look(): Promise<boolean> {
    const room = await this.#host.core.rooms.find(this.room)
    const participant = room?.participants.find(({ identity }) => identity === this.identity)
    if (participant) await this.#askForTracks(participant)
    const tracks = (['video', 'audio'] as const).flatMap((kind) => participant?.tracks.find((track) => track.kind === kind) ?? [])
    const isSame = tracks.length === this.#tracks.length && tracks.every(({ id }, index) => id === this.#tracks[index]?.id)
    this.#tracks = tracks
    if (!isSame) this.events.emit('changed')
    return participant !== undefined
  }

  async close(): Promise<void> {
    for (const off of this.#listening) off()
    if (this.#want) await this.#host.core.participants.unwantTracks(this.#want.want)
  }

  /** Those who publish pictures one by one make a track of them when somebody wants it. */
  async #askForTracks({ id }: ParticipantInfo): Promise<void> {
    if (this.#want?.participant === id) return
    if (this.#want) await this.#host.core.participants.unwantTracks(this.#want.want)
    this.#want = { participant: id, want: await this.#host.core.participants.wantTracks(id) }
  }
}
