import { EventEmitter } from 'node:events'
import type { types } from 'mediasoup'
import { MediaError } from '../kernel/errors.ts'
import { createWebRtcTransport } from '../media/webrtc-transport.ts'
import type { CloseReason } from '../room/close-reason.ts'
import type { Participant } from '../room/participant.ts'
import type { Room } from '../room/room.ts'
import type { Track } from '../room/track.ts'
import type { PeerDataConsumer, PeerDataProducer } from './data-flow.ts'
import type { ConsumerChange, PeerConsumer } from './peer-consumer.ts'
import { PeerRoomData } from './peer-room-data.ts'
import { PeerTransport, type TransportDirection } from './peer-transport.ts'
import { type Connectivity, Presence } from './presence.ts'
import { LIMITS, Slots } from './slots.ts'

export type TransportEvent = { change: 'CREATED' | 'CHANGED' | 'DELETED'; transport: PeerTransport; reason?: CloseReason }
export type ConsumerEvent = { change: ConsumerChange; consumer: PeerConsumer; reason?: CloseReason }
type PeerEvents = { transport: [event: TransportEvent]; consumer: [event: ConsumerEvent]; left: [reason: CloseReason] }

/** A participant that signals for itself: what mediasoup-client has on the other side, piece by piece. */
export class Peer {
  readonly participant: Participant
  /** Who let it in, and alone may steer it. */
  readonly callerId: string
  /** The kinds of tracks it gets; absent: every kind. */
  readonly plays: readonly types.MediaKind[] | undefined
  readonly events = new EventEmitter<PeerEvents>().setMaxListeners(0)
  readonly presence: Presence
  readonly transports = new Map<string, PeerTransport>()
  readonly consumers = new Map<string, PeerConsumer>()
  readonly dataProducers = new Map<string, PeerDataProducer>()
  readonly dataConsumers = new Map<string, PeerDataConsumer>()
  readonly roomData = new PeerRoomData()
  readonly slots = Object.fromEntries(Object.keys(LIMITS).map((what) => [what, new Slots(what as keyof typeof LIMITS)])) as Record<
    keyof typeof LIMITS,
    Slots
  >

  constructor(participant: Participant, callerId: string, plays?: readonly types.MediaKind[]) {
    this.participant = participant
    this.callerId = callerId
    this.plays = plays
    this.presence = new Presence(
      () => this.#connectivity(),
      () => participant.leave('DISCONNECTED'),
    )
    participant.events.once('left', (reason) => this.#end(reason))
  }

  get room(): Room {
    return this.participant.room
  }

  /** @throws {MediaError} `PEER_LIMIT`, or `MEDIA_UNAVAILABLE` while the room moves to another media worker. */
  openTransport(direction: TransportDirection): Promise<PeerTransport> {
    return this.slots.transports.fill(
      async () => {
        const { main, worker } = this.room.media
        const media = await createWebRtcTransport(main, worker, { sctp: true }).catch((error: unknown) => {
          throw main.closed ? new MediaError('MEDIA_UNAVAILABLE') : error
        })
        const transport = new PeerTransport(this, media, direction)
        this.stillHere(transport)
        this.transports.set(transport.id, transport)
        this.events.emit('transport', { change: 'CREATED', transport })
        this.presence.check()
        return transport
      },
      ({ media }, free) => media.observer.once('close', free),
    )
  }

  /** Its track by the id of the track or of the producer that carries it. */
  track(id: string): Track | undefined {
    return trackIn(this.participant.tracks.values(), id)
  }

  /**
   * Closes what was made for a peer that has left meanwhile.
   *
   * @throws {MediaError} `PARTICIPANT_NOT_FOUND`
   */
  stillHere(made: { close(reason: CloseReason): void }): void {
    if (!this.participant.left) return
    made.close('LEFT')
    throw new MediaError('PARTICIPANT_NOT_FOUND', { id: this.participant.id })
  }

  #connectivity(): Connectivity {
    const transports = [...this.transports.values()]
    if (transports.some(({ connected }) => connected)) return 'CONNECTED'
    return transports.some(({ lost }) => lost) ? 'LOST' : 'NONE'
  }

  #end(reason: CloseReason): void {
    for (const transport of [...this.transports.values()]) transport.close(reason)
    this.presence.end()
    this.events.emit('left', reason)
  }
}

export function trackIn(tracks: Iterable<Track>, id: string): Track | undefined {
  for (const track of tracks) if (track.id === id || track.producer.id === id) return track
  return undefined
}
