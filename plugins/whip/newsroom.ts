import type { ReadableStream } from 'node:stream/web'
import { MediaError } from '../../core/kernel/errors.ts'
import type { SessionInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { WhipConfig } from './config.ts'
import { EventStream } from './event-stream.ts'
import type { EventName } from './events.ts'
import { HttpRefusal } from './refusal.ts'
import { RoomNews } from './room-news.ts'

/** Open streams of one session; a player needs one. */
const MAX_STREAMS = 4

type NewsHost = Pick<Host<WhipConfig>, 'core' | 'config' | 'events' | 'log' | 'lifetime'>

/** Tells the event streams of WHEP sessions what happens in their rooms. */
export class Newsroom {
  readonly #host: NewsHost
  readonly #rooms = new Map<string, RoomNews>()

  constructor(host: NewsHost) {
    this.#host = host
    const { events, lifetime, config } = host
    const listening = [
      events.on('track.published', ({ track }) => this.#rooms.get(track.room)?.tracksChanged()),
      events.on('track.unpublished', ({ track }) => this.#rooms.get(track.room)?.tracksChanged()),
      events.on('player.overlays', ({ app }) => {
        // A room's app is the one that core says; asking is cheap, and who has nothing new hears nothing.
        for (const [name, room] of this.#rooms) if (name.startsWith(app.prefix)) room.overlaysChanged()
      }),
      events.on('app.changed', ({ app }) => {
        // It may count its viewers now.
        for (const [name, room] of this.#rooms) if (name.startsWith(app.prefix)) room.tracksChanged()
      }),
      events.on('viewer.joined', ({ viewer }) => this.#rooms.get(viewer.room)?.viewersChanged()),
      events.on('viewer.left', ({ viewer, reason }) => {
        this.#rooms.get(viewer.room)?.ended(viewer.id, reason)
        this.#rooms.get(viewer.room)?.viewersChanged()
      }),
    ]
    lifetime.add('room events', () => {
      for (const off of listening) off()
    })
    const pulse = setInterval(() => void this.#pulse(), config.sseKeepaliveMs)
    lifetime.add('event streams', () => {
      clearInterval(pulse)
      for (const room of this.#rooms.values()) room.close()
    })
  }

  /** @throws {HttpRefusal} 429 when the session has too many streams. */
  open({ room: name, ownerId }: SessionInfo, wanted: ReadonlySet<EventName>, gone: AbortSignal): ReadableStream<Uint8Array> {
    const room = this.#rooms.get(name) ?? new RoomNews(name, this.#host)
    if (room.streamsOf(ownerId).length >= MAX_STREAMS) {
      throw new HttpRefusal(429, 'SUBSCRIPTION_LIMIT', `A session has at most ${MAX_STREAMS} event streams.`)
    }
    this.#rooms.set(name, room)
    const stream = new EventStream(ownerId, wanted, (ended) => {
      room.remove(ended)
      if (room.isEmpty && this.#rooms.get(name) === room) this.#rooms.delete(name)
    })
    gone.addEventListener('abort', () => stream.end(), { once: true })
    room.add(stream)
    return stream.bytes()
  }

  endStreams(room: string, viewerId: string): void {
    for (const stream of this.#rooms.get(room)?.streamsOf(viewerId) ?? []) stream.end()
  }

  /** Shows every stream that we are there, and ends those whose viewer left without our hearing of it. */
  async #pulse(): Promise<void> {
    for (const room of [...this.#rooms.values()]) {
      for (const stream of room.streams) {
        stream.keepAlive()
        if (await this.#hasLeft(stream.viewerId)) room.ended(stream.viewerId, 'DISCONNECTED')
      }
    }
  }

  async #hasLeft(viewerId: string): Promise<boolean> {
    try {
      await this.#host.core.viewers.plays(viewerId)
      return false
    } catch (error) {
      return error instanceof MediaError && error.code === 'VIEWER_NOT_FOUND'
    }
  }
}
