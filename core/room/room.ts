import type { App } from '../app/app.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { RoomMedia } from '../media/room-media.ts'
import type { CloseReason } from './close-reason.ts'
import { Participant, type ParticipantOptions } from './participant.ts'
import type { Track } from './track.ts'
import { Viewer, type ViewerOptions } from './viewer.ts'

/** Milliseconds an empty room that nobody asked to keep stays open, so that a reconnecting encoder finds it. */
const EMPTY_TIMEOUT_MS = 10_000

/** A named place where tracks meet. */
export class Room {
  readonly name: string
  readonly app: App
  readonly events: CoreEvents
  readonly media: RoomMedia
  readonly openedAt = new Date()
  readonly participants = new Map<string, Participant>()
  readonly viewers = new Map<string, Viewer>()
  readonly #viewerLimit: number
  /** Somebody opened it by name: it stays open while empty. */
  kept = false
  #emptyTimer: NodeJS.Timeout | undefined
  #closed = false

  /** @param viewerLimit Viewers that any room of this server may have; 0: no limit. An app can only be stricter. */
  constructor(name: string, app: App, media: RoomMedia, events: CoreEvents, viewerLimit: number) {
    this.#viewerLimit = viewerLimit
    this.name = name
    this.app = app
    this.media = media
    this.events = events
    this.settle()
  }

  get localName(): string {
    return this.app.localName(this.name)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Every track of every participant, in the order of joining and publishing. */
  get tracks(): Track[] {
    return [...this.participants.values()].flatMap(({ tracks }) => [...tracks.values()])
  }

  /** Participants that publish something, first come first: other systems' "streams". */
  get publishers(): Participant[] {
    return [...this.participants.values()].filter(({ publishing }) => publishing)
  }

  /** Viewers that count. */
  get audience(): Viewer[] {
    return [...this.viewers.values()].filter(({ hidden }) => !hidden)
  }

  find(identity: string): Participant | undefined {
    return [...this.participants.values()].find((participant) => participant.identity === identity)
  }

  /**
   * Lets somebody in. Who has the identity already stays, unless `takeover` says that the newcomer replaces it.
   *
   * @throws {MediaError} `ROOM_CLOSED`, or `IDENTITY_TAKEN`.
   */
  join(options: ParticipantOptions & { takeover?: boolean }): Participant {
    if (this.#closed) throw new MediaError('ROOM_CLOSED', { room: this.name })
    const present = this.find(options.identity)
    if (present && !options.takeover) throw new MediaError('IDENTITY_TAKEN', { room: this.name, identity: options.identity })
    present?.leave('TAKEN_OVER')

    clearTimeout(this.#emptyTimer)
    const participant = new Participant(this, options)
    this.participants.set(participant.id, participant)
    this.events.emit('participant.joined', participant)
    return participant
  }

  /** @throws {MediaError} `ROOM_CLOSED`, or `VIEWER_LIMIT` when the server or the app permits no more viewers. */
  requirePlace(): void {
    if (this.#closed) throw new MediaError('ROOM_CLOSED', { room: this.name })
    const limits = [this.#viewerLimit, this.app.settings.maxViewersPerRoom].filter((limit) => limit > 0)
    const limit = Math.min(...limits)
    if (this.viewers.size >= limit) throw new MediaError('VIEWER_LIMIT', { room: this.name, limit })
  }

  /** @throws {MediaError} `ROOM_CLOSED` or `VIEWER_LIMIT`. */
  admit(options: ViewerOptions): Viewer {
    this.requirePlace()
    clearTimeout(this.#emptyTimer)
    const viewer = new Viewer(this, options)
    this.viewers.set(viewer.id, viewer)
    this.events.emit('viewer.joined', viewer)
    return viewer
  }

  keep(kept: boolean): void {
    this.kept = kept
    this.events.emit('room.changed', this)
    this.settle()
  }

  /** Closes once: everybody leaves, then the media goes, then the news goes out. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#emptyTimer)
    const cascaded = reason === 'SHUTDOWN' ? reason : 'ROOM_CLOSED'
    for (const participant of [...this.participants.values()]) participant.leave(cascaded)
    for (const viewer of [...this.viewers.values()]) viewer.close(cascaded)
    this.media.close()
    this.events.emit('room.closed', this, reason)
  }

  /** Starts the clock when the last one has left. Participants and viewers call it as they go. */
  settle(): void {
    clearTimeout(this.#emptyTimer)
    if (this.#closed || this.kept || this.participants.size > 0 || this.viewers.size > 0) return
    this.#emptyTimer = setTimeout(() => this.close('IDLE'), EMPTY_TIMEOUT_MS)
    this.#emptyTimer.unref()
  }
}
