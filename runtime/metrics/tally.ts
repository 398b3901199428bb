import type { Core } from '../../core/core.ts'
import type { Room } from '../../core/room/room.ts'
import type { Track, TrackStats } from '../../core/room/track.ts'

/** Rooms counted one by one; whatever is beyond that is counted together, under a name that no room can have. */
const MAX_ROOMS = 1_000
const OTHER_ROOMS = '(other)'
/** Milliseconds for which a closed room is remembered, so that one which comes back goes on counting. */
const REMEMBER_MS = 300_000

export type Count = { bytes: number; packets: number }
type RoomCount = Count & { readonly label: string; viewers: number; room: Room | undefined; closedAt: number }

/**
 * What has been received, added up over tracks that come and go. A reading is taken when somebody asks, and a last one when a
 * track ends; in between nothing is counted.
 */
export class Tally {
  readonly kinds: Record<'audio' | 'video', Count> = { audio: { bytes: 0, packets: 0 }, video: { bytes: 0, packets: 0 } }
  readonly #core: Core
  readonly #labelOf: (room: Room) => string
  readonly #rooms = new Map<string, RoomCount>()
  readonly #other: RoomCount = { ...empty(), label: OTHER_ROOMS }
  readonly #seen = new WeakMap<Track, Count>()
  readonly #maxRooms: number
  readonly #now: () => number

  /** @param options `labelOf`: the name under which a room is counted. `now` answers milliseconds. */
  constructor(core: Core, options: { labelOf: (room: Room) => string; maxRooms?: number; now?: () => number }) {
    this.#core = core
    this.#maxRooms = options.maxRooms ?? MAX_ROOMS
    this.#labelOf = options.labelOf
    this.#now = options.now ?? Date.now
    core.events.on('track.published', ({ participant }) => this.#countOf(participant.room))
    core.events.on('viewer.joined', ({ room }) => this.#countOf(room))
    core.events.on('track.unpublished', (track) => void this.#read(track))
    core.events.on('room.closed', (room) => {
      const count = this.#rooms.get(this.#labelOf(room))
      if (count?.room === room) Object.assign(count, { room: undefined, closedAt: this.#now() })
    })
  }

  /** Rooms in which something was published or played, those that closed a while ago left out. */
  get rooms(): readonly RoomCount[] {
    return this.#other.packets + this.#other.viewers === 0 ? [...this.#rooms.values()] : [...this.#rooms.values(), this.#other]
  }

  /** Takes a reading of every track. */
  async read(): Promise<void> {
    this.#forget()
    const rooms = this.#core.rooms.list()
    await Promise.all(rooms.flatMap(({ tracks }) => tracks).map((track) => this.#read(track)))
    for (const count of [...this.#rooms.values(), this.#other]) count.viewers = 0
    for (const room of rooms) if (room.viewers.size > 0) this.#countOf(room).viewers += room.viewers.size
  }

  async #read(track: Track): Promise<void> {
    try {
      this.#add(track, await track.stats())
    } catch {
      // The media worker has gone, and what it had counted since the last reading with it.
    }
  }

  #add(track: Track, { bytesReceived: bytes, packetsReceived: packets }: TrackStats): void {
    if (packets === 0) return
    const seen = this.#seen.get(track)
    this.#seen.set(track, { bytes, packets })
    // A track that goes on in another media worker begins at zero again.
    const known = seen && seen.packets <= packets ? seen : { bytes: 0, packets: 0 }
    for (const count of [this.kinds[track.kind], this.#countOf(track.participant.room)]) {
      count.bytes += bytes - known.bytes
      count.packets += packets - known.packets
    }
  }

  #countOf(room: Room): RoomCount {
    const label = this.#labelOf(room)
    const known = this.#rooms.get(label)
    if (known) {
      if (!room.closed) known.room = room
      return known
    }
    this.#forget()
    if (this.#rooms.size >= this.#maxRooms) return this.#other
    const count: RoomCount = { ...empty(), label, room: room.closed ? undefined : room, closedAt: this.#now() }
    this.#rooms.set(label, count)
    return count
  }

  #forget(): void {
    const oldest = this.#now() - REMEMBER_MS
    for (const [label, { room, closedAt }] of this.#rooms) if (!room && closedAt < oldest) this.#rooms.delete(label)
  }
}

const empty = () => ({ bytes: 0, packets: 0, viewers: 0, room: undefined, closedAt: 0 })
