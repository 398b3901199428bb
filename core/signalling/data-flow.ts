import type { types } from 'mediasoup'
import type { CloseReason } from '../room/close-reason.ts'
import type { Participant } from '../room/participant.ts'
import type { Peer } from './peer.ts'

/** One data channel that a participant sends into its room, by SCTP. */
export class PeerDataProducer {
  readonly peer: Peer
  readonly media: types.DataProducer
  readonly appData: Record<string, unknown>
  #closed = false

  constructor(peer: Peer, media: types.DataProducer, appData: Record<string, unknown>) {
    this.peer = peer
    this.media = media
    this.appData = appData
  }

  get id(): string {
    return this.media.id
  }

  get participant(): Participant {
    return this.peer.participant
  }

  /** Closes once, with what the others receive of it. */
  close(reason: CloseReason): void {
    if (this.#closed) return
    this.#closed = true
    this.media.close()
    this.peer.dataProducers.delete(this.id)
    this.peer.room.events.emit('dataProducer.closed', this, reason)
  }
}

/** What one peer receives of one data channel. */
export class PeerDataConsumer {
  readonly peer: Peer
  readonly from: PeerDataProducer
  readonly media: types.DataConsumer

  constructor(peer: Peer, from: PeerDataProducer, media: types.DataConsumer) {
    this.peer = peer
    this.from = from
    this.media = media
    media.observer.once('close', () => peer.dataConsumers.delete(media.id))
  }

  get id(): string {
    return this.media.id
  }

  close(): void {
    this.media.close()
  }
}
