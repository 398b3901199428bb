import type { App } from '../app/app.ts'
import type { CoreEvents } from '../events/events.ts'
import type { Rooms } from '../room/rooms.ts'
import { headcount } from '../stream/headcount.ts'

/** What a player of a room shows beside the picture. */
export type PlayerState = {
  readonly app: App
  /** Full name of the room. */
  readonly room: string
  /** Whether somebody publishes. */
  readonly live: boolean
  /** How many watch; undefined where the app does not count them. */
  readonly viewers: number | undefined
  readonly chat: boolean
  readonly reactions: boolean
}

type Listener = (state: PlayerState) => void
type Watched = { readonly listeners: Set<Listener>; told: PlayerState; timer?: NodeJS.Timeout | undefined; again?: boolean }

/** Milliseconds between two looks at a room: its viewers come and go in crowds. */
const INTERVAL_MS = 1_000

/** Tells players what changes beside the picture. Each room is looked at once, however many play it. */
export class Players {
  readonly #rooms: Rooms
  readonly #watched = new Map<string, Watched>()

  constructor({ rooms, events }: { rooms: Rooms; events: CoreEvents }) {
    this.#rooms = rooms
    const changed = ({ room }: { room: { name: string } }) => this.#changed(room.name)
    events
      .on('viewer.joined', changed)
      .on('viewer.left', changed)
      .on('participant.joined', changed)
      .on('participant.left', changed)
      .on('track.published', ({ participant }) => changed(participant))
      .on('track.unpublished', ({ participant }) => changed(participant))
      .on('room.closed', ({ name }) => this.#changed(name))
      .on('app.changed', (app) => {
        for (const [room, { told }] of this.#watched) if (told.app.name === app.name) this.#changed(room)
      })
  }

  /** @param room Full name. */
  state(app: App, room: string): PlayerState {
    const open = this.#rooms.find(room)
    const { publishers, viewers } = open ? headcount(open) : { publishers: 0, viewers: 0 }
    const { viewerCounter, chat, reactions } = app.config.features
    return { app, room, live: publishers > 0, viewers: viewerCounter ? viewers : undefined, chat, reactions }
  }

  /**
   * Tells the state, at most a second old, and each that differs from the one before.
   *
   * @param room Full name.
   * @returns Ends it.
   */
  follow(app: App, room: string, listener: Listener): () => void {
    const watched = this.#watched.get(room) ?? { listeners: new Set(), told: this.state(app, room) }
    this.#watched.set(room, watched)
    listener(watched.told)
    watched.listeners.add(listener)
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size > 0 || this.#watched.get(room) !== watched) return
      clearTimeout(watched.timer)
      this.#watched.delete(room)
    }
  }

  /** The first change is told at once, those that follow it within a second together. */
  #changed(room: string): void {
    const watched = this.#watched.get(room)
    if (!watched) return
    if (watched.timer) {
      watched.again = true
      return
    }
    this.#tell(watched)
    watched.timer = setTimeout(() => {
      watched.timer = undefined
      if (watched.again) this.#changed(room)
      watched.again = false
    }, INTERVAL_MS).unref()
  }

  #tell(watched: Watched): void {
    const { told, listeners } = watched
    const now = this.state(told.app, told.room)
    if (isSame(now, told)) return
    watched.told = now
    for (const listener of listeners) listener(now)
  }
}

function isSame(one: PlayerState, other: PlayerState): boolean {
  return (['live', 'viewers', 'chat', 'reactions'] as const).every((key) => one[key] === other[key])
}
