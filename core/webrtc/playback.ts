import type { types } from 'mediasoup'
import type { Log } from '../kernel/log.ts'
import { LayerChoice } from '../media/layer-choice.ts'
import type { LayoutRouter } from '../media/layout-router.ts'
import { leadIn } from '../media/lead-in.ts'
import type { Room } from '../room/room.ts'
import type { Track } from '../room/track.ts'
import type { PreferredLayers, ViewerFlow } from '../room/viewer.ts'

export type PlaybackSection = { mid: string; kind: types.MediaKind; rtpCapabilities: types.RtpCapabilities }

type Fed = { consumer: types.Consumer; track: Track; layers?: LayerChoice }

/**
 * What flows to one viewer: for each section of its offer the first fitting track of the room. When a track ends the
 * section waits, and is fed again by the next publisher.
 */
export class Playback implements ViewerFlow {
  readonly #room: Room
  readonly #router: LayoutRouter
  readonly #transport: types.WebRtcTransport
  readonly #sections: readonly PlaybackSection[]
  readonly #log: Log
  readonly #fed = new Map<string, Fed>()
  #feeding: Promise<void> = Promise.resolve()
  #preferred: PreferredLayers | undefined
  #last: Promise<number> | undefined
  #closed = false

  constructor(options: {
    room: Room
    router: LayoutRouter
    transport: types.WebRtcTransport
    sections: readonly PlaybackSection[]
    log: Log
  }) {
    this.#room = options.room
    this.#router = options.router
    this.#transport = options.transport
    this.#sections = options.sections
    this.#log = options.log
    this.#router.viewerJoined()
    this.#room.media.watchers.add(this.feed)
  }

  /** Looks what every section can be fed with. Runs again whenever the room's tracks change. */
  readonly feed = (): Promise<void> => {
    this.#feeding = this.#feeding.then(() => this.#feedAll())
    return this.#feeding
  }

  /** By mid, what is sent. */
  get sending(): ReadonlyMap<string, types.RtpParameters> {
    return new Map([...this.#fed].map(([mid, { consumer }]) => [mid, consumer.rtpParameters]))
  }

  get plays(): ReadonlyMap<string, Track> {
    return new Map([...this.#fed].map(([mid, { track }]) => [mid, track]))
  }

  bytesSent(): Promise<number> {
    return this.#last ?? this.#readBytesSent()
  }

  async preferLayers(layers: PreferredLayers | undefined): Promise<void> {
    this.#preferred = layers
    await Promise.all([...this.#fed.values()].map((fed) => fed.layers?.prefer(layers)))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#room.media.watchers.delete(this.feed)
    this.#router.viewerLeft()
    // Asked before the worker hears of the end, so that it still knows. One that died knows nothing.
    this.#last = this.#readBytesSent().catch(() => 0)
    this.#transport.close()
  }

  async #readBytesSent(): Promise<number> {
    const [stats] = await this.#transport.getStats()
    return stats?.bytesSent ?? 0
  }

  /** All sections at once, since each waits for the media worker. */
  async #feedAll(): Promise<void> {
    await Promise.all(this.#sections.map((section) => this.#feedSection(section)))
  }

  async #feedSection(section: PlaybackSection): Promise<void> {
    if (this.#closed || this.#fed.has(section.mid)) return
    try {
      await this.#feedOne(section)
    } catch (error) {
      // The track or the router may have gone in between; the next change of the room tries again.
      this.#log.debug({ err: error, app: this.#room.app.name, room: this.#room.name, kind: section.kind }, 'section stays empty')
    }
  }

  async #feedOne(section: PlaybackSection): Promise<void> {
    for (const track of this.#room.tracks) {
      if (track.kind !== section.kind || track.producer.closed || !this.#router.carries(track.producer)) continue
      const producer = await this.#router.producerOf(track.producer)
      const { rtpCapabilities, mid } = section
      if (!this.#router.router.canConsume({ producerId: producer.id, rtpCapabilities })) continue

      // Without a MID: the answer agreed on no header extension that could carry it.
      const consumer = await this.#transport.consume({ producerId: producer.id, rtpCapabilities, paused: track.bridged })
      const layers =
        producer.type === 'simulcast' && !track.bridged
          ? new LayerChoice(consumer, producer.rtpParameters.encodings?.length ?? 1)
          : undefined
      this.#fed.set(mid, { consumer, track, ...(layers && { layers }) })
      consumer.observer.once('close', () => {
        this.#fed.delete(mid)
        void this.feed()
      })
      if (track.bridged) void this.#leadIn(consumer, track)
      else if (layers && this.#preferred) await layers.prefer(this.#preferred)
      return
    }
  }

  /** Meanwhile the other sections are fed. */
  async #leadIn(consumer: types.Consumer, track: Track): Promise<void> {
    try {
      await leadIn(consumer, track)
      await consumer.resume()
    } catch (error) {
      if (!consumer.closed) this.#log.debug({ err: error, room: this.#room.name }, 'a viewer could not be led in')
    }
  }
}
