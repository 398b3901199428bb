import type { App } from '../app/app.ts'
import type { CoreEvents } from '../events/events.ts'
import type { Ingresses } from '../ingress/ingresses.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { CloseReason } from '../room/close-reason.ts'
import type { Participant } from '../room/participant.ts'
import type { Room } from '../room/room.ts'
import { Stream, type StreamStats } from './stream.ts'
import type { StreamArchive } from './stream-archive.ts'

type StreamsDependencies = { archive: StreamArchive; ingresses: Ingresses; events: CoreEvents; log: Log }

/** Milliseconds in which all that changes in a room is told of its streams as one change. */
const CHANGES_MS = 250
/** Longest report of a publisher about itself, as JSON. */
const REPORT_CHARS = 8_192

/** Who publishes, and who did: one stream for each publisher of a room, kept in memory while it is live. */
export class Streams {
  readonly #archive: StreamArchive
  readonly #ingresses: Ingresses
  readonly #events: CoreEvents
  readonly #log: Log
  /** By the id of its participant, in the order in which they began. */
  readonly #live = new Map<string, Stream>()
  readonly #changing = new Map<Room, NodeJS.Timeout>()

  constructor({ archive, ingresses, events, log }: StreamsDependencies) {
    this.#archive = archive
    this.#ingresses = ingresses
    this.#events = events
    this.#log = log
    const counted = ({ room }: { room: Room }) => this.#changed(room)
    events
      .on('participant.joined', (participant) => this.#begin(participant))
      .on('track.published', ({ participant }) => this.#begin(participant))
      .on('track.unpublished', ({ participant }, reason) => {
        if (!participant.publishing) this.#end(participant, reason)
      })
      .on('participant.left', (participant, reason) => this.#end(participant, reason))
      .on('participant.joined', counted)
      .on('participant.left', counted)
      .on('viewer.joined', counted)
      .on('viewer.left', counted)
      .on('room.closed', (room) => this.#settled(room))
      .on('app.changed', (app, change) => {
        if (change === 'DELETED') this.#archive.of(app).drop()
      })
  }

  /** What is live, the newest first. @param app Absent: of all apps. */
  live(app?: App): Stream[] {
    const live = [...this.#live.values()].reverse()
    return app ? live.filter((stream) => stream.app === app) : live
  }

  /**
   * A stream that is live, or was.
   *
   * @param id Its number, or its name, which may have the room by its app-local name.
   * @throws {MediaError} `STREAM_NOT_FOUND`
   */
  async get(app: App, id: string): Promise<Stream> {
    const number = /^\d{1,15}$/.test(id) ? Number(id) : undefined
    const name = number === undefined ? fullName(app, id) : undefined
    for (const stream of this.live(app)) if (stream.name === name || (await stream.numbered) === number) return stream
    const past = await this.#archive.of(app).find(name === undefined ? { number: number ?? 0 } : { name })
    if (!past) throw new MediaError('STREAM_NOT_FOUND', { app: app.name, stream: id })
    return past
  }

  /** The live stream of a participant. */
  of(participant: Participant): Stream | undefined {
    return this.#live.get(participant.id)
  }

  /**
   * What a publisher says about itself; it replaces what it said before, and stands beside what is counted here.
   *
   * @throws {MediaError} `PARTICIPANT_NOT_FOUND` when it publishes nothing, or `INPUT_INVALID` for more than 8 KiB.
   */
  report(participantId: string, stats: StreamStats): void {
    const stream = this.#live.get(participantId)
    if (!stream) throw new MediaError('PARTICIPANT_NOT_FOUND', { id: participantId })
    if (JSON.stringify(stats).length > REPORT_CHARS) {
      throw new MediaError('INPUT_INVALID', { field: 'stats', reason: `at most ${REPORT_CHARS} characters` })
    }
    stream.report(stats)
    this.#events.emit('stream.changed', stream)
  }

  /**
   * Ends a stream: its publisher leaves, and the room closes when nobody else publishes there. One that has ended stays so.
   *
   * @param options `withIngress`: the configured way in that it came by is deleted, so that nobody comes by it again.
   * @throws {MediaError} `STREAM_NOT_FOUND`
   */
  async stop(app: App, id: string, { withIngress }: { withIngress: boolean }): Promise<Stream> {
    const stream = await this.get(app, id)
    const { participant } = stream
    if (!participant) return stream
    const ingress = withIngress ? this.#ingresses.list().find((one) => one.configured && one.participant === participant) : undefined
    participant.leave('REQUESTED')
    const { room } = participant
    if (room.publishers.length === 0) room.close('REQUESTED')
    if (ingress) {
      await this.#ingresses.delete(ingress.id).catch((error: unknown) => {
        this.#log.error({ err: error, app: app.name, ingress: ingress.id }, 'ingress of a stopped stream could not be deleted')
      })
    }
    return stream
  }

  #begin(participant: Participant): void {
    if (!participant.publishing || participant.hidden || this.#live.has(participant.id)) return
    const stream = Stream.begin(participant)
    this.#live.set(participant.id, stream)
    this.#archive.save(stream)
    this.#events.emit('stream.started', stream)
    this.#changed(participant.room)
  }

  #end(participant: Participant, reason: CloseReason): void {
    const stream = this.#live.get(participant.id)
    if (!stream) return
    this.#live.delete(participant.id)
    stream.end()
    this.#archive.save(stream)
    this.#events.emit('stream.ended', stream, reason)
    this.#changed(participant.room)
  }

  /** Somebody came or went: the numbers of each stream of the room are others. */
  #changed(room: Room): void {
    if (room.closed || this.#changing.has(room)) return
    const tell = () => {
      this.#changing.delete(room)
      for (const participant of room.publishers) {
        const stream = this.of(participant)
        if (stream) this.#events.emit('stream.changed', stream)
      }
    }
    this.#changing.set(room, setTimeout(tell, CHANGES_MS).unref())
  }

  #settled(room: Room): void {
    clearTimeout(this.#changing.get(room))
    this.#changing.delete(room)
  }
}

function fullName(app: App, id: string): string {
  const slash = id.indexOf('/')
  return slash < 0 ? id : `${app.fullName(id.slice(0, slash))}/${id.slice(slash + 1)}`
}
