import type { types } from 'mediasoup'
import { MediaError } from '../kernel/errors.ts'
import { directDataProducer } from '../media/direct.ts'
import { KEYFRAME_REQUEST_DELAY_MS } from '../media/webrtc-transport.ts'
import type { CloseReason } from '../room/close-reason.ts'
import type { Track, TrackSource } from '../room/track.ts'
import { PeerDataConsumer, PeerDataProducer } from './data-flow.ts'
import { parameters } from './parameters.ts'
import type { Peer } from './peer.ts'
import { PeerConsumer } from './peer-consumer.ts'
import { ask } from './refusal.ts'

export type TransportDirection = 'SEND' | 'RECV' | 'SENDRECV'

/** What a producer is made of; the objects are as mediasoup-client gives them, and are not trusted. */
export type ProduceRequest = {
  kind: types.MediaKind
  rtpParameters: unknown
  paused?: boolean
  source?: TrackSource
  appData?: unknown
}

export type ProduceDataRequest = { sctpStreamParameters: unknown; label?: string; protocol?: string; appData?: unknown }

const LABEL_CHARS = 256

/** One WebRTC transport of a peer, and what flows through it. */
export class PeerTransport {
  readonly peer: Peer
  readonly media: types.WebRtcTransport
  readonly direction: TransportDirection
  readonly #owned = new Set<{ close(reason: CloseReason): void }>()
  #connecting = false
  #closed = false

  constructor(peer: Peer, media: types.WebRtcTransport, direction: TransportDirection) {
    this.peer = peer
    this.media = media
    this.direction = direction
    media.on('icestatechange', () => this.#changed())
    media.on('dtlsstatechange', () => this.#changed())
    media.on('sctpstatechange', () => this.#changed())
    media.on('routerclose', () => peer.participant.leave('MEDIA_WORKER_DIED'))
    media.observer.once('close', () => this.close('REQUESTED'))
  }

  get id(): string {
    return this.media.id
  }

  get connected(): boolean {
    return this.media.dtlsState === 'connected' && !this.lost
  }

  get lost(): boolean {
    const { iceState, dtlsState } = this.media
    return iceState === 'disconnected' || iceState === 'closed' || dtlsState === 'failed' || dtlsState === 'closed'
  }

  /** @throws {MediaError} `INPUT_INVALID`, or `CONFLICT` for the second time. */
  async connect(dtlsParameters: unknown): Promise<void> {
    const checked = parameters('dtlsParameters', dtlsParameters)
    if (this.#connecting) throw new MediaError('CONFLICT', { field: 'transportId', reason: 'the transport is connected already' })
    this.#connecting = true
    try {
      await ask(this.media, 'dtlsParameters', () => this.media.connect({ dtlsParameters: checked }))
    } catch (error) {
      this.#connecting = false
      throw error
    }
  }

  async restartIce(): Promise<void> {
    await ask(this.media, 'transportId', () => this.media.restartIce())
  }

  /** @throws {MediaError} `INPUT_INVALID`, `FORBIDDEN`, `CODEC_UNSUPPORTED`, `CONFLICT`, `PEER_LIMIT` or `MEDIA_UNAVAILABLE`. */
  produce({ kind, rtpParameters, paused = false, source, appData }: ProduceRequest): Promise<Track> {
    this.#require('SEND')
    const checked = parameters('rtpParameters', rtpParameters)
    const shared = appData == null ? undefined : parameters('appData', appData)
    const { participant, slots } = this.peer
    participant.requireMayPublish(kind)
    const make = async () => {
      const producer = await ask(this.media, 'rtpParameters', () =>
        this.media.produce({ kind, rtpParameters: checked, paused, keyFrameRequestDelay: KEYFRAME_REQUEST_DELAY_MS }),
      )
      this.peer.stillHere(producer)
      const codec = producer.rtpParameters.codecs[0]?.mimeType.split('/')[1] ?? 'unknown'
      return participant.publish({ kind, codec, producer, info: { ...(source && { source }), ...(shared && { appData: shared }) } })
    }
    return slots.producers.fill(make, (track, free) => this.#own(track, track.producer, free))
  }

  /**
   * Sends a track to the peer, paused unless said otherwise.
   *
   * @throws {MediaError} `INPUT_INVALID`, `FORBIDDEN`, `TRACK_CLOSED`, `CODEC_UNSUPPORTED`, `CONFLICT`, `PEER_LIMIT` or `MEDIA_UNAVAILABLE`.
   */
  consume(track: Track, rtpCapabilities: unknown, paused = true): Promise<PeerConsumer> {
    this.#require('RECV')
    const checked = parameters('rtpCapabilities', rtpCapabilities)
    const { room, slots, consumers, plays } = this.peer
    if (plays?.includes(track.kind) === false) {
      throw new MediaError('FORBIDDEN', { kind: track.kind, reason: `the token lets receive ${plays.join(' and ') || 'nothing'} only` })
    }
    const make = async () => {
      const producerId = track.producer.id
      if (!room.media.main.canConsume({ producerId, rtpCapabilities: checked })) {
        if (track.closed) throw new MediaError('TRACK_CLOSED', { id: track.id })
        throw new MediaError('CODEC_UNSUPPORTED', { field: 'rtpCapabilities', codec: track.codec })
      }
      const media = await ask(this.media, 'rtpCapabilities', () =>
        this.media.consume({ producerId, rtpCapabilities: checked, paused: true }),
      )
      const consumer = new PeerConsumer(this.peer, track, media, this.media)
      this.peer.stillHere(consumer)
      consumers.set(consumer.id, consumer)
      consumer.begin()
      if (!paused) await consumer.resume()
      return consumer
    }
    return slots.consumers.fill(make, (consumer, free) => this.#own(consumer, consumer.media, free))
  }

  /** @throws {MediaError} `INPUT_INVALID`, `CONFLICT`, `PEER_LIMIT` or `MEDIA_UNAVAILABLE`. */
  produceData({ sctpStreamParameters, label = '', protocol = '', appData }: ProduceDataRequest): Promise<PeerDataProducer> {
    this.#require('SEND')
    const checked = parameters('sctpStreamParameters', sctpStreamParameters)
    const shared = appData == null ? {} : parameters('appData', appData)
    for (const [field, value] of Object.entries({ label, protocol })) {
      if (value.length > LABEL_CHARS) throw new MediaError('INPUT_INVALID', { field, reason: `at most ${LABEL_CHARS} characters` })
    }
    const { room, slots, dataProducers } = this.peer
    const make = async () => {
      const media = await ask(this.media, 'sctpStreamParameters', () =>
        this.media.produceData({ sctpStreamParameters: checked, label, protocol }),
      )
      this.peer.stillHere(media)
      const producer = new PeerDataProducer(this.peer, media, shared)
      dataProducers.set(producer.id, producer)
      room.events.emit('dataProducer.opened', producer)
      return producer
    }
    return slots.dataProducers.fill(make, (producer, free) => this.#own(producer, producer.media, free))
  }

  /** @throws {MediaError} `CONFLICT`, `PEER_LIMIT` or `MEDIA_UNAVAILABLE`. */
  consumeData(from: PeerDataProducer): Promise<PeerDataConsumer> {
    this.#require('RECV')
    const { slots, dataConsumers } = this.peer
    const make = async () => {
      const media = await ask(this.media, 'dataProducerId', () => this.media.consumeData({ dataProducerId: from.id }))
      this.peer.stillHere(media)
      const consumer = new PeerDataConsumer(this.peer, from, media)
      dataConsumers.set(consumer.id, consumer)
      return consumer
    }
    return slots.dataConsumers.fill(make, (consumer, free) => this.#own(consumer, consumer.media, free))
  }

  /**
   * Sends the room's own data channel to the peer: what the server says there.
   *
   * @param reliable Whether what is lost is sent again; otherwise late messages are dropped.
   * @throws {MediaError} `CONFLICT`, `PEER_LIMIT` or `MEDIA_UNAVAILABLE`.
   */
  consumeRoomData(reliable: boolean): Promise<types.DataConsumer> {
    this.#require('RECV')
    const { slots, room, roomData } = this.peer
    const delivery = reliable ? { ordered: true } : { ordered: false, maxRetransmits: 0 }
    const make = async () => {
      const { id: dataProducerId } = await ask(this.media, 'transportId', () => directDataProducer(room.media.main))
      const media = await ask(this.media, 'transportId', () => this.media.consumeData({ dataProducerId, ...delivery }))
      this.peer.stillHere(media)
      roomData.use(media, reliable)
      return media
    }
    return slots.dataConsumers.fill(make, (media, free) => this.#own(media, media, free))
  }

  /** Closes once, and with it everything that flows through it. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    for (const owned of [...this.#owned]) owned.close(reason)
    this.media.close()
    this.peer.transports.delete(this.id)
    this.peer.events.emit('transport', { change: 'DELETED', transport: this, reason })
    this.peer.presence.check()
  }

  #own(owned: { close(reason: CloseReason): void }, media: { observer: MediaObserver; closed: boolean }, free: () => void): void {
    const gone = () => {
      this.#owned.delete(owned)
      free()
    }
    this.#owned.add(owned)
    if (media.closed) gone()
    else media.observer.once('close', gone)
  }

  #require(direction: 'SEND' | 'RECV'): void {
    if (this.direction === 'SENDRECV' || this.direction === direction) return
    throw new MediaError('INPUT_INVALID', { field: 'transportId', reason: `the transport was made to ${DOES[this.direction]}` })
  }

  #changed(): void {
    if (this.#closed) return
    this.peer.events.emit('transport', { change: 'CHANGED', transport: this })
    this.peer.presence.check()
  }
}

type MediaObserver = { once(event: 'close', listener: () => void): unknown }

const DOES = { SEND: 'send', RECV: 'receive', SENDRECV: 'send and receive' }
