import { MediaError } from '../../core/kernel/errors.ts'
import type { TrackLayer } from '../../core/media/track-layers.ts'
import type { TrackData } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { WhipConfig } from './config.ts'
import type { EventStream } from './event-stream.ts'

type Section = { mid: string; trackId: string }
type Told = { section?: Section; text: string }

const NOTHING = '{}'

/** Tells viewers which layers their video has. Each track is looked at once, however many watch it. */
export class LayerNews {
  readonly #host: Pick<Host<WhipConfig>, 'core' | 'config' | 'log'>
  readonly #streams = new Map<EventStream, Told>()
  #tracks: ReadonlySet<string> = new Set()
  #timer: NodeJS.Timeout | undefined
  #looking = false

  constructor(host: Pick<Host<WhipConfig>, 'core' | 'config' | 'log'>) {
    this.#host = host
  }

  add(stream: EventStream): void {
    this.#streams.set(stream, { text: NOTHING })
    this.#timer ??= setInterval(() => void this.#lookAll(), this.#host.config.layersIntervalMs).unref()
  }

  remove(stream: EventStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Looks now, because the room's tracks changed. */
  look(tracks: readonly TrackData[]): void {
    this.#tracks = new Set(tracks.map(({ id }) => id))
    void this.#lookAll()
  }

  async #lookAll(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const known = new Map<string, Promise<TrackLayer[]>>()
    for (const [stream, told] of this.#streams) {
      try {
        await this.#lookFor(stream, told, known)
      } catch (error) {
        // The viewer or the track went in between: a gone viewer is told nothing, a present one by the next look.
        if (!(error instanceof MediaError)) this.#host.log.warn({ err: error }, 'a viewer could not be told about layers')
      }
    }
    this.#looking = false
  }

  async #lookFor(stream: EventStream, told: Told, known: Map<string, Promise<TrackLayer[]>>): Promise<void> {
    const section = await this.#sectionOf(stream, told)
    const layers = section ? await this.#layers(section.trackId, known) : []
    const text = section && layers.length > 0 ? JSON.stringify({ [section.mid]: describe(layers) }) : NOTHING
    if (text !== told.text) stream.tell('layers', JSON.parse(text))
    if (this.#streams.has(stream)) this.#streams.set(stream, { ...(section && { section }), text })
  }

  #layers(trackId: string, known: Map<string, Promise<TrackLayer[]>>): Promise<TrackLayer[]> {
    const layers = known.get(trackId) ?? this.#host.core.tracks.layers(trackId)
    known.set(trackId, layers)
    return layers
  }

  /** Where the viewer's video flows. It is asked for again once that track has gone. */
  async #sectionOf({ viewerId }: EventStream, { section }: Told): Promise<Section | undefined> {
    if (section && this.#tracks.has(section.trackId)) return section
    const video = (await this.#host.core.viewers.plays(viewerId)).find(({ track }) => track.kind === 'video')
    return video && { mid: video.mid, trackId: video.track.id }
  }
}

/** In the words of the WHEP draft. */
function describe(layers: readonly TrackLayer[]) {
  const shown = layers.map(({ encodingId, spatial, active, bitrateBps, temporalBitratesBps }) => {
    const encoding = { encodingId, simulcastIdx: spatial }
    return {
      active,
      summary: { id: encodingId, simulcastIdx: spatial, ...(active && { bitrate: bitrateBps }) },
      choices: [
        { ...encoding, bitrate: bitrateBps },
        ...temporalBitratesBps.map((bitrate, temporalLayerId) => ({ ...encoding, temporalLayerId, bitrate })),
      ],
    }
  })
  return {
    active: shown.filter(({ active }) => active).map(({ summary }) => summary),
    inactive: shown.filter(({ active }) => !active).map(({ summary }) => summary),
    layers: shown.filter(({ active }) => active).flatMap(({ choices }) => choices),
  }
}
