import type { types } from 'mediasoup'
import { MediaError } from '../kernel/errors.ts'
import { leadIn } from '../media/lead-in.ts'
import type { CloseReason } from '../room/close-reason.ts'
import type { Track } from '../room/track.ts'
import type { Peer } from './peer.ts'
import { ask } from './refusal.ts'

export type ConsumerChange =
  | 'CREATED'
  | 'PAUSED'
  | 'RESUMED'
  | 'PRODUCER_PAUSED'
  | 'PRODUCER_RESUMED'
  | 'LAYERS_CHANGED'
  | 'SCORE'
  | 'CLOSED'

/** What one peer receives of one track. It begins paused, so that its receiver can be ready first. */
export class PeerConsumer {
  readonly peer: Peer
  readonly track: Track
  readonly media: types.Consumer
  readonly transport: types.WebRtcTransport
  #ledIn = false
  #closed = false

  constructor(peer: Peer, track: Track, media: types.Consumer, transport: types.WebRtcTransport) {
    this.peer = peer
    this.track = track
    this.media = media
    this.transport = transport
    media.on('score', () => this.#tell('SCORE'))
    media.on('producerpause', () => this.#tell('PRODUCER_PAUSED'))
    media.on('producerresume', () => this.#tell('PRODUCER_RESUMED'))
    if (!track.bridged) media.on('layerschange', () => this.#tell('LAYERS_CHANGED'))
    media.observer.once('close', () => this.close('REQUESTED'))
  }

  get id(): string {
    return this.media.id
  }

  /** The second stream of a bridged track is a way into the first one, not a choice. */
  get type(): types.ConsumerType {
    return this.track.bridged ? 'simple' : this.media.type
  }

  get closed(): boolean {
    return this.#closed
  }

  begin(): void {
    this.#tell('CREATED')
  }

  async pause(): Promise<void> {
    await this.#ask('consumerId', () => this.media.pause())
    this.#tell('PAUSED')
  }

  async resume(): Promise<void> {
    // Not before: while a viewer waits for a bridge, the publisher makes one.
    if (this.track.bridged && !this.#ledIn) {
      this.#ledIn = true
      await this.#ask('consumerId', () => leadIn(this.media, this.track))
    }
    await this.#ask('consumerId', () => this.media.resume())
    this.#tell('RESUMED')
  }

  /** Changes nothing about a track that has no layers to choose from. */
  async prefer(layers: types.ConsumerLayers): Promise<void> {
    requireRange('spatialLayer', layers.spatialLayer, 0, 7)
    requireRange('temporalLayer', layers.temporalLayer ?? 0, 0, 7)
    if (this.type !== 'simple') await this.#ask('spatialLayer', () => this.media.setPreferredLayers(layers))
  }

  /** @param priority 1 to 255; who has more gets the better layers when bandwidth is short. */
  async setPriority(priority: number): Promise<void> {
    requireRange('priority', priority, 1, 255)
    await this.#ask('priority', () => this.media.setPriority(priority))
  }

  requestKeyFrame(): Promise<void> {
    return this.#ask('consumerId', () => this.media.requestKeyFrame())
  }

  /** Closes once, however often and by whomever it is called. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    this.media.close()
    this.peer.consumers.delete(this.id)
    this.peer.events.emit('consumer', { change: 'CLOSED', consumer: this, reason })
  }

  #ask<T>(field: string, request: () => Promise<T>): Promise<T> {
    return ask(this.transport, field, request)
  }

  #tell(change: ConsumerChange): void {
    if (!this.#closed) this.peer.events.emit('consumer', { change, consumer: this })
  }
}

function requireRange(field: string, value: number, from: number, to: number): void {
  if (value < from || value > to) throw new MediaError('INPUT_INVALID', { field, reason: `${from} to ${to}` })
}
