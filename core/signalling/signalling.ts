import { randomBytes } from 'node:crypto'
import type { types } from 'mediasoup'
import type { Access } from '../access/access.ts'
import { allows, type Caller, type Joining } from '../access/caller.ts'
import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import { type ErrorCode, MediaError } from '../kernel/errors.ts'
import { checkIdentity } from '../room/identity.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Track } from '../room/track.ts'
import { ActiveSpeakers } from './active-speakers.ts'
import type { PeerDataConsumer, PeerDataProducer } from './data-flow.ts'
import { Peer, trackIn } from './peer.ts'
import type { PeerConsumer } from './peer-consumer.ts'
import type { PeerTransport } from './peer-transport.ts'

export type IceServer = { urls: string[]; username?: string; credential?: string }
type SignallingDependencies = { apps: Apps; rooms: Rooms; access: Access; events: CoreEvents; iceServers: readonly IceServer[] }

export type JoinRequest = {
  /** Absent: the app that owns the room by its full name. */
  app?: string
  room: string
  /** Absent: one that nobody else has. */
  identity?: string
  name?: string
  metadata?: string
  /** Replaces who has the identity, when the same caller let it in or the app permits taking over. */
  takeover?: boolean
}

const NAME_CHARS = 200
const METADATA_CHARS = 16_384

/**
 * Participants that signal for themselves, as mediasoup-client does. Whoever let a peer in may steer what is the peer's, and so
 * may a caller who manages the room; the ids of transports and consumers are told to nobody else.
 */
export class Signalling {
  readonly iceServers: readonly IceServer[]
  readonly #of: SignallingDependencies
  readonly #peers = new Map<string, Peer>()
  readonly #speakers = new Map<Room, ActiveSpeakers>()

  constructor(dependencies: SignallingDependencies) {
    this.#of = dependencies
    this.iceServers = dependencies.iceServers
    dependencies.events.on('track.unpublished', (track, reason) => {
      for (const peer of this.#in(track.participant.room)) {
        for (const consumer of [...peer.consumers.values()]) if (consumer.track === track) consumer.close(reason)
      }
    })
    dependencies.events.on('room.closed', (room) => this.#speakers.delete(room))
  }

  /** What a device has to be loaded with. Opens the room, which closes again when nobody joins. */
  async routerRtpCapabilities(caller: Caller, place: { app?: string; room: string }): Promise<types.RtpCapabilities> {
    const { name } = this.#enter(caller, place)
    const { media } = await this.#of.rooms.open(name)
    return media.main.rtpCapabilities
  }

  /**
   * Lets a participant in that will signal for itself.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `INPUT_INVALID`, `UNAUTHENTICATED`, `FORBIDDEN`, `IDENTITY_TAKEN` or
   *   `MEDIA_UNAVAILABLE`.
   */
  async join(caller: Caller, request: JoinRequest): Promise<Peer> {
    const { name: roomName, app } = this.#enter(caller, request)
    const { joining } = caller
    // What a join token says of somebody is true; the rest they may say themselves.
    const identity = joining?.identity ?? request.identity ?? `guest-${randomBytes(6).toString('hex')}`
    const { name = request.name, metadata = request.metadata } = joining ?? {}
    const { takeover = false } = request
    if (!joining) checkIdentity(identity)
    checkLength('name', name, NAME_CHARS)
    checkLength('metadata', metadata, METADATA_CHARS)

    const room = await this.#of.rooms.open(roomName)
    const present = room.find(identity)
    const own = present && this.#peers.get(present.id)?.callerId === caller.id
    const isBack = joining !== undefined && present?.joinedBy === caller.id
    const participant = room.join({
      identity,
      kind: 'WEBRTC',
      subscribing: this.#of.access.allows(caller, 'PLAY', { app, room: roomName }),
      ...(joining && { hidden: joining.hidden, audience: joining.audience, joinedBy: caller.id }),
      ...(joining?.publishes && { publishes: joining.publishes }),
      takeover: isBack || (takeover && (own === true || app.settings.takeover)),
      ...(name !== undefined && name !== '' && { name }),
      ...(metadata !== undefined && { metadata }),
      ...(caller.remoteAddress !== undefined && { remoteAddress: caller.remoteAddress }),
      ...(caller.trace !== undefined && { trace: caller.trace }),
    })
    const peer = new Peer(participant, caller.id, joining?.plays)
    this.#peers.set(participant.id, peer)
    participant.events.once('left', () => this.#peers.delete(participant.id))
    return peer
  }

  /** @throws {MediaError} `PARTICIPANT_NOT_FOUND` or `FORBIDDEN`. */
  peer(caller: Caller, participantId: string): Peer {
    return this.#owned(caller, this.#peers.get(participantId), 'PARTICIPANT_NOT_FOUND', participantId)
  }

  /**
   * @param right What is to be done with it. Sending data takes `PUBLISH`; join tokens say so apart from that.
   * @throws {MediaError} `TRANSPORT_NOT_FOUND`, or `FORBIDDEN` for another's or when the right is wanting.
   */
  transport(caller: Caller, id: string, right?: 'PUBLISH' | 'PLAY' | 'DATA'): PeerTransport {
    const found = this.#find((peer) => peer.transports.get(id))
    const peer = this.#owned(caller, found?.peer, 'TRANSPORT_NOT_FOUND', id)
    if (right === 'DATA' && caller.joining) requireData(caller.joining)
    else if (right) this.#of.access.require(caller, right === 'DATA' ? 'PUBLISH' : right, { app: peer.room.app, room: peer.room.name })
    return found!
  }

  /** A peer's own track, by its id or its producer's. @throws {MediaError} `PRODUCER_NOT_FOUND` or `FORBIDDEN`. */
  producer(caller: Caller, id: string): Track {
    const found = this.#find((peer) => peer.track(id))
    this.#owned(caller, found && this.#peers.get(found.participant.id), 'PRODUCER_NOT_FOUND', id)
    return found!
  }

  /** Any track of the room, however it came in, by its id or its producer's. @throws {MediaError} `PRODUCER_NOT_FOUND` */
  source(room: Room, id: string): Track {
    const found = trackIn(room.tracks, id)
    if (!found) throw new MediaError('PRODUCER_NOT_FOUND', { id })
    return found
  }

  /** @throws {MediaError} `CONSUMER_NOT_FOUND` or `FORBIDDEN`. */
  consumer(caller: Caller, id: string): PeerConsumer {
    const found = this.#find((peer) => peer.consumers.get(id))
    this.#owned(caller, found?.peer, 'CONSUMER_NOT_FOUND', id)
    return found!
  }

  /** @throws {MediaError} `DATA_PRODUCER_NOT_FOUND` or `FORBIDDEN`. */
  dataProducer(caller: Caller, id: string): PeerDataProducer {
    const found = this.#find((peer) => peer.dataProducers.get(id))
    this.#owned(caller, found?.peer, 'DATA_PRODUCER_NOT_FOUND', id)
    return found!
  }

  /** Any data producer of the room. @throws {MediaError} `DATA_PRODUCER_NOT_FOUND` */
  dataSource(room: Room, id: string): PeerDataProducer {
    const found = this.dataProducers(room).find((producer) => producer.id === id)
    if (!found) throw new MediaError('DATA_PRODUCER_NOT_FOUND', { id })
    return found
  }

  /** @throws {MediaError} `DATA_CONSUMER_NOT_FOUND` or `FORBIDDEN`. */
  dataConsumer(caller: Caller, id: string): PeerDataConsumer {
    const found = this.#find((peer) => peer.dataConsumers.get(id))
    this.#owned(caller, found?.peer, 'DATA_CONSUMER_NOT_FOUND', id)
    return found!
  }

  dataProducers(room: Room): PeerDataProducer[] {
    return this.#in(room).flatMap(({ dataProducers }) => [...dataProducers.values()])
  }

  /** Who speaks in a room; measured only while somebody watches. */
  activeSpeakers(room: Room): ActiveSpeakers {
    let speakers = this.#speakers.get(room)
    if (!speakers) {
      speakers = new ActiveSpeakers(room)
      this.#speakers.set(room, speakers)
    }
    return speakers
  }

  /** Where the caller may publish or play; one of them is enough to be there. */
  #enter(caller: Caller, { app: appName, room }: { app?: string; room: string }): { app: App; name: string } {
    const { apps, access } = this.#of
    const { app, name } = apps.roomName(appName ?? apps.owning(room).name, room)
    if (!access.allows(caller, 'PUBLISH', { app, room: name })) access.require(caller, 'PLAY', { app, room: name })
    return { app, name }
  }

  #owned(caller: Caller, peer: Peer | undefined, missing: ErrorCode, id: string): Peer {
    if (!peer) throw new MediaError(missing, { id })
    const { room } = peer
    if (peer.callerId !== caller.id && !allows(caller, 'MANAGE', { tenant: room.app.tenant, app: room.app.name, room: room.name })) {
      throw new MediaError('FORBIDDEN', { id, reason: 'another caller let this participant in' })
    }
    peer.presence.heard()
    return peer
  }

  /** Those who signal for themselves in a room, by its full name. */
  peersIn(room: string): Peer[] {
    return [...this.#peers.values()].filter((peer) => peer.room.name === room)
  }

  #in(room: Room): Peer[] {
    return [...this.#peers.values()].filter((peer) => peer.room === room)
  }

  #find<T>(of: (peer: Peer) => T | undefined): T | undefined {
    for (const peer of this.#peers.values()) {
      const found = of(peer)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function requireData({ canPublishData }: Joining): void {
  if (!canPublishData) throw new MediaError('FORBIDDEN', { reason: 'the token does not let send data' })
}

function checkLength(field: string, value: string | undefined, limit: number): void {
  if (value !== undefined && value.length > limit) throw new MediaError('INPUT_INVALID', { field, reason: `at most ${limit} characters` })
}
