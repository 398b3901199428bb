import type { types } from 'mediasoup'
import { newId } from '../kernel/ids.ts'
import type { CloseReason } from './close-reason.ts'
import type { Participant } from './participant.ts'

export type TrackSource = 'CAMERA' | 'MICROPHONE' | 'SCREEN' | 'SCREEN_AUDIO'

/** What the publisher's side knows about a track and core can not see: the picture's size, how it came here. */
export type TrackInfo = {
  widthPx?: number
  heightPx?: number
  framesPerSecond?: number
  /** Time between the last two keyframes, in milliseconds. */
  gopMs?: number
  bFrames?: boolean
  transcoded?: boolean
  source?: TrackSource
  /** Whatever the publisher wants to say about it. */
  appData?: Record<string, unknown>
}

export type TrackStats = {
  bitrateBps: number
  bytesReceived: number
  packetsReceived: number
  packetsLost: number
  /** Interarrival jitter in milliseconds. */
  jitterMs: number
  /** 0 (nothing arrives) to 10 (nothing is lost). */
  score: number
}

export type TrackOptions = {
  kind: types.MediaKind
  /** As in the codec's MIME type: `H264`, `opus`. */
  codec: string
  producer: types.Producer
  /** The track has a second stream, layer 0, which its publisher makes while viewers wait for a keyframe of layer 1. */
  bridged?: boolean
  /** Its publisher answers `track.replayWanted`. */
  replayable?: boolean
  info?: TrackInfo
}

/** One audio or video source that a participant publishes. */
export class Track {
  readonly id = newId('TR')
  readonly participant: Participant
  readonly kind: types.MediaKind
  readonly codec: string
  readonly bridged: boolean
  readonly replayable: boolean
  readonly publishedAt = new Date()
  #producer!: types.Producer
  #bridgeViewers = 0
  #last: Promise<TrackStats> | undefined
  #info: TrackInfo
  #closed = false

  constructor(participant: Participant, options: TrackOptions) {
    this.participant = participant
    this.kind = options.kind
    this.codec = options.codec
    this.bridged = options.bridged ?? false
    this.replayable = options.replayable ?? false
    this.#info = options.info ?? {}
    this.#use(options.producer)
  }

  get producer(): types.Producer {
    return this.#producer
  }

  get info(): Readonly<TrackInfo> {
    return this.#info
  }

  get muted(): boolean {
    return this.#producer.paused
  }

  /** Whether any of its media has come yet. */
  get hasMedia(): boolean {
    return this.#producer.score.length > 0
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Viewers of a bridged track who are not on its source yet: they watch its bridging stream, or wait for either. */
  get bridgeViewers(): number {
    return this.#bridgeViewers
  }

  set bridgeViewers(count: number) {
    this.#bridgeViewers = count
    if (!this.#closed) this.participant.room.events.emit('track.bridgeViewers', this, count)
  }

  /** Carries on with another producer, after the media worker of the first one died. */
  remake(producer: types.Producer): void {
    this.#use(producer)
    this.participant.room.events.emit('track.remade', this)
  }

  describe(info: TrackInfo): void {
    this.#info = { ...this.#info, ...info }
    this.#changed()
  }

  async mute(muted: boolean): Promise<void> {
    await (muted ? this.#producer.pause() : this.#producer.resume())
    this.#changed()
  }

  /** All zero while the track is re-made on another media worker. Of a track that has ended, what it had received in the end. */
  stats(): Promise<TrackStats> {
    return this.#last ?? this.#read()
  }

  async #read(): Promise<TrackStats> {
    const producer = this.#producer
    const all = await producer.getStats().catch((error: unknown) => {
      if (producer.closed) return []
      throw error
    })
    const streams = all.filter(({ type }) => type === 'inbound-rtp')
    const sum = (of: (stream: types.ProducerStat) => number) => streams.reduce((total, stream) => total + of(stream), 0)
    return {
      bitrateBps: sum((stream) => stream.bitrate),
      bytesReceived: sum((stream) => stream.byteCount),
      packetsReceived: sum((stream) => stream.packetCount),
      packetsLost: sum((stream) => stream.packetsLost),
      jitterMs: Math.max(0, ...streams.map((stream) => stream.jitter)),
      score: Math.max(0, ...streams.map((stream) => stream.score)),
    }
  }

  /** Closes once, however often it is called. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    // Asked before the worker hears of the end, so that it still knows.
    this.#last = this.#read()
    this.#last.catch(() => {})
    this.#producer.close()
    this.participant.tracks.delete(this.id)
    this.participant.room.events.emit('track.unpublished', this, reason)
  }

  #use(producer: types.Producer): void {
    this.#producer = producer
    producer.on('trace', ({ info }) => {
      if (typeof info.ssrc === 'number') this.participant.room.events.emit('track.keyframeWanted', this, info.ssrc)
    })
    void producer.enableTraceEvent(['pli', 'fir']).catch(() => {}) // fails only when the producer is gone already
  }

  #changed(): void {
    if (!this.#closed) this.participant.room.events.emit('track.changed', this)
  }
}
