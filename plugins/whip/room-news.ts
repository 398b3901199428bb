import type { CloseReason } from '../../core/room/close-reason.ts'
import type { Host } from '../kit/host.ts'
import type { WhipConfig } from './config.ts'
import type { EventStream } from './event-stream.ts'
import { LayerNews } from './layer-news.ts'
import { OverlayNews } from './overlay-news.ts'

/** What one stream was told last. */
type Told = { live: boolean | undefined; viewers: number | undefined }

/** The event streams of one room's viewers, and what they know. */
export class RoomNews {
  readonly #name: string
  readonly #host: Pick<Host<WhipConfig>, 'core' | 'config' | 'log'>
  readonly #streams = new Map<EventStream, Told>()
  readonly #layers: LayerNews
  readonly #overlays: OverlayNews
  #looking: Promise<void> | undefined
  #lookAgain = false
  #viewersTimer: NodeJS.Timeout | undefined

  constructor(name: string, host: Pick<Host<WhipConfig>, 'core' | 'config' | 'log'>) {
    this.#name = name
    this.#host = host
    this.#layers = new LayerNews(host)
    this.#overlays = new OverlayNews(name, host)
  }

  get streams(): EventStream[] {
    return [...this.#streams.keys()]
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0
  }

  streamsOf(viewerId: string): EventStream[] {
    return this.streams.filter((stream) => stream.viewerId === viewerId)
  }

  /** Tells the stream the present state, then what changes. Who lost its stream may have missed that the publisher left. */
  add(stream: EventStream): void {
    this.#streams.set(stream, { live: undefined, viewers: undefined })
    if (stream.wanted.has('layers')) this.#layers.add(stream)
    if (stream.wanted.has('overlays')) this.#overlays.add(stream)
    this.tracksChanged()
  }

  remove(stream: EventStream): void {
    this.#streams.delete(stream)
    this.#layers.remove(stream)
    this.#overlays.remove(stream)
    if (this.isEmpty) clearTimeout(this.#viewersTimer)
  }

  tracksChanged(): void {
    if (this.#looking) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#look()
      .catch((error: unknown) => this.#host.log.warn({ err: error, room: this.#name }, 'viewers could not be told about the room'))
      .finally(() => {
        this.#looking = undefined
        if (this.#lookAgain) this.tracksChanged()
      })
  }

  /** Viewers come and go in crowds: their number is told no more often than configured. */
  viewersChanged(): void {
    if (this.#viewersTimer || this.isEmpty) return
    this.#viewersTimer = setTimeout(() => {
      this.#viewersTimer = undefined
      this.tracksChanged()
    }, this.#host.config.viewerCountIntervalMs)
    this.#viewersTimer.unref()
  }

  overlaysChanged(): void {
    this.#overlays.look()
  }

  ended(viewerId: string, reason: CloseReason): void {
    for (const stream of this.streamsOf(viewerId)) {
      stream.tell('ended', { reason })
      stream.end()
    }
  }

  close(): void {
    for (const stream of this.streams) stream.end()
  }

  async #look(): Promise<void> {
    this.#lookAgain = false
    const room = await this.#host.core.rooms.find(this.#name)
    const tracks = room?.participants.flatMap((participant) => participant.tracks) ?? []
    const live = tracks.length > 0
    const viewers = room && (await this.#countsViewers(room.app)) ? room.viewers : undefined
    for (const [stream, told] of this.#streams) {
      if (told.live !== live) stream.tell(live ? 'active' : 'inactive', {})
      if (viewers !== undefined && told.viewers !== viewers) stream.tell('viewercount', { viewercount: viewers })
      this.#streams.set(stream, { live, viewers })
    }
    this.#layers.look(tracks)
  }

  async #countsViewers(app: string): Promise<boolean> {
    const { config } = await this.#host.core.apps.get(app)
    return config.features.viewerCounter
  }
}
