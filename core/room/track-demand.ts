import type { CoreEvents } from '../events/events.ts'
import type { Participant } from './participant.ts'
import type { Room } from './room.ts'

/**
 * Tells participants that make tracks only on demand whether there is any: a viewer who takes tracks, a participant who subscribes, or
 * somebody who asked for them by name, such as a recorder.
 */
export class TrackDemand {
  readonly #events: CoreEvents
  readonly #asked = new Map<Participant, number>()
  readonly #wanted = new Set<Participant>()

  constructor(events: CoreEvents) {
    this.#events = events
    events.on('participant.joined', ({ room }) => this.#look(room))
    events.on('viewer.joined', ({ room }) => this.#look(room))
    events.on('viewer.left', ({ room }) => this.#look(room))
    events.on('participant.left', (participant) => {
      this.#asked.delete(participant)
      this.#wanted.delete(participant)
      this.#look(participant.room)
    })
  }

  isWanted(participant: Participant): boolean {
    const { room } = participant
    if (participant.left) return false
    if ((this.#asked.get(participant) ?? 0) > 0) return true
    if ([...room.viewers.values()].some(({ takesTracks }) => takesTracks)) return true
    return [...room.participants.values()].some((other) => other !== participant && other.subscribing)
  }

  /** Asks for the tracks of a participant until the answered function is called. */
  ask(participant: Participant): () => void {
    this.#count(participant, 1)
    let asking = true
    return () => {
      if (asking) this.#count(participant, -1)
      asking = false
    }
  }

  #count(participant: Participant, change: 1 | -1): void {
    if (participant.left) return
    this.#asked.set(participant, (this.#asked.get(participant) ?? 0) + change)
    this.#look(participant.room)
  }

  #look({ participants }: Room): void {
    for (const participant of participants.values()) {
      if (!participant.onDemand) continue
      const wanted = this.isWanted(participant)
      if (wanted === this.#wanted.has(participant)) continue
      if (wanted) this.#wanted.add(participant)
      else this.#wanted.delete(participant)
      this.#events.emit('participant.tracksWanted', participant, wanted)
    }
  }
}
