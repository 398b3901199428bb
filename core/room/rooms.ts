import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { MediaWorker } from '../media/media-worker.ts'
import type { MediaWorkers } from '../media/media-workers.ts'
import { RoomMedia } from '../media/room-media.ts'
import type { CloseReason } from './close-reason.ts'
import type { Participant } from './participant.ts'
import { Room } from './room.ts'
import type { Track } from './track.ts'
import type { Viewer } from './viewer.ts'

type RoomsDependencies = { apps: Apps; workers: MediaWorkers; events: CoreEvents; log: Log; viewerLimit: number }

/** The open rooms: opens, finds and lists them, and brings them back when their media worker died. */
export class Rooms {
  readonly #apps: Apps
  readonly #workers: MediaWorkers
  readonly #events: CoreEvents
  readonly #log: Log
  readonly #viewerLimit: number
  readonly #open = new Map<string, { app: App; room: Promise<Room> }>()
  readonly #rooms = new Map<string, Room>()

  /** @param dependencies `viewerLimit`: viewers any room may have; 0: no limit. */
  constructor({ apps, workers, events, log, viewerLimit }: RoomsDependencies) {
    this.#apps = apps
    this.#workers = workers
    this.#events = events
    this.#log = log
    this.#viewerLimit = viewerLimit
    apps.heldBy((name) => this.#open.get(name)?.app)
    workers.events.on('died', (worker) => {
      for (const room of this.#rooms.values()) void this.#recover(room, worker)
    })
    const feed = (track: Track) => {
      for (const watch of track.participant.room.media.watchers) void watch()
    }
    events.on('track.published', feed).on('track.remade', feed)
    events.on('app.changed', (app, change) => {
      if (change === 'DELETED') this.closeThoseOf(app)
    })
    events.on('room.closed', ({ name }) => {
      this.#rooms.delete(name)
      this.#open.delete(name)
    })
  }

  list(): Room[] {
    return [...this.#rooms.values()]
  }

  find(name: string): Room | undefined {
    return this.#rooms.get(name)
  }

  /** @throws {MediaError} `ROOM_NOT_FOUND` */
  get(name: string): Room {
    const room = this.#rooms.get(name)
    if (!room) throw new MediaError('ROOM_NOT_FOUND', { room: name })
    return room
  }

  /**
   * The open room of this full name, opened when it is not open yet.
   *
   * @param by The app that it has to belong to: prefixes change, and what was configured for a room may outlive that.
   * @throws {MediaError} `ROOM_NAME_INVALID`, or `MEDIA_UNAVAILABLE` when no media worker is alive.
   */
  open(name: string, by: App = this.#apps.owning(name)): Promise<Room> {
    const known = this.#open.get(name)
    if (known?.app === by) return known.room
    const { app, name: fullName } = this.#apps.roomName(by.name, name)
    if (fullName !== name) throw new MediaError('ROOM_NAME_INVALID', { app: by.name, room: name })
    // The promise goes in before the first await, so two callers can't open the same room twice.
    const room = this.#create(name, app)
    this.#open.set(name, { app, room })
    room.catch(() => this.#open.delete(name))
    return room
  }

  participant(id: string): Participant {
    for (const room of this.#rooms.values()) {
      const participant = room.participants.get(id)
      if (participant) return participant
    }
    throw new MediaError('PARTICIPANT_NOT_FOUND', { id })
  }

  track(id: string): Track {
    for (const room of this.#rooms.values()) {
      for (const participant of room.participants.values()) {
        const track = participant.tracks.get(id)
        if (track) return track
      }
    }
    throw new MediaError('TRACK_NOT_FOUND', { id })
  }

  viewer(id: string): Viewer {
    for (const room of this.#rooms.values()) {
      const viewer = room.viewers.get(id)
      if (viewer) return viewer
    }
    throw new MediaError('VIEWER_NOT_FOUND', { id })
  }

  close(reason: CloseReason): void {
    for (const room of this.list()) room.close(reason)
  }

  closeThoseOf(app: App): void {
    for (const room of this.list()) if (room.app === app) room.close('REQUESTED')
  }

  async #create(name: string, app: App): Promise<Room> {
    const room = new Room(name, app, await RoomMedia.create(this.#workers), this.#events, this.#viewerLimit)
    this.#rooms.set(name, room)
    this.#events.emit('room.opened', room)
    return room
  }

  /** Gives a room new media. WebRTC sessions end with the worker that held their keys; RTP publishers never notice. */
  async #recover(room: Room, dead: MediaWorker): Promise<void> {
    if (room.media.worker !== dead) return
    try {
      await this.#remake(room)
      this.#events.emit('room.changed', room)
      this.#log.info({ app: room.app.name, room: room.name, mediaWorker: room.media.worker.index }, 'room re-made on another media worker')
    } catch (error) {
      this.#log.error({ err: error, app: room.app.name, room: room.name }, 'room could not be re-made')
      room.close('MEDIA_WORKER_DIED')
    }
  }

  async #remake(room: Room): Promise<void> {
    if (this.#workers.alive.length === 0) {
      await new Promise<void>((resolve) => this.#workers.events.once('replaced', () => resolve()))
    }
    if (room.closed) return
    await room.media.remake()
  }
}
