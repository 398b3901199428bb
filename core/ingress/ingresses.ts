import { randomBytes } from 'node:crypto'
import type { Access } from '../access/access.ts'
import type { Caller } from '../access/caller.ts'
import { hashOf } from '../access/tokens.ts'
import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import { checkIdentity } from '../room/identity.ts'
import type { Participant } from '../room/participant.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { ingresses as ingressesTable } from '../store/tables.ts'
import { Ingress } from './ingress.ts'

/** The identity of a publisher who names a room and nothing else: a room has one of these. */
const DEFAULT_IDENTITY = 'publisher'

export type NewIngress = { protocol: string; app: string; room: string; identity?: string }

/** Somebody at the door: what an encoder said when it asked to publish. */
export type Arrival = {
  protocol: string
  app: string
  /** A stream key, or where the app permits open publishing the room's full or app-local name. */
  key: string
  /** Where somebody names a room beside the key: the key has to lead there. */
  room?: string
  identity?: string
  /** Refused while anybody else publishes in the room, under whatever identity. */
  exclusive?: boolean
  caller: Caller
}

type IngressesDependencies = { store: Store; apps: Apps; rooms: Rooms; access: Access; events: CoreEvents }

/** The ways in: creates, lists and deletes configured ones, and lets publishers in by them. */
export class Ingresses {
  readonly #of: IngressesDependencies
  readonly #byId = new Map<string, Ingress>()
  /** `app/hash of the key` to its ingress. */
  readonly #byKey = new Map<string, Ingress>()

  private constructor(dependencies: IngressesDependencies) {
    this.#of = dependencies
  }

  static async load(dependencies: IngressesDependencies): Promise<Ingresses> {
    const ingresses = new Ingresses(dependencies)
    for (const { keyHash, ...row } of await dependencies.store.select().from(ingressesTable)) ingresses.#remember(new Ingress(row), keyHash)
    return ingresses
  }

  list(): Ingress[] {
    return [...this.#byId.values()]
  }

  /** @throws {MediaError} `INGRESS_NOT_FOUND` */
  get(id: string): Ingress {
    const ingress = this.#byId.get(id)
    if (!ingress) throw new MediaError('INGRESS_NOT_FOUND', { id })
    return ingress
  }

  /**
   * @returns The ingress and its stream key, which can not be read again.
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID` or `INPUT_INVALID`.
   */
  async create({
    protocol,
    app: appName,
    room,
    identity = DEFAULT_IDENTITY,
  }: NewIngress): Promise<{ ingress: Ingress; streamKey: string }> {
    const { app, name } = this.#of.apps.roomName(appName, room)
    checkIdentity(identity)
    const streamKey = randomBytes(18).toString('base64url')
    const keyHint = streamKey.slice(-4)
    const ingress = new Ingress({ protocol, app: app.name, room: name, identity, keyHint })
    const { id, createdAt } = ingress
    const keyHash = hashOf(streamKey)
    await this.#of.store.insert(ingressesTable).values({ id, protocol, app: app.name, room: name, identity, keyHash, keyHint, createdAt })
    this.#remember(ingress, keyHash)
    this.#of.events.emit('ingress.changed', ingress, 'CREATED')
    return { ingress, streamKey }
  }

  /** Ends what comes in through it and forgets it. */
  async delete(id: string): Promise<Ingress> {
    const ingress = this.get(id)
    await this.#of.store.delete(ingressesTable).where(eq(ingressesTable.id, id))
    ingress.participant?.leave('REQUESTED')
    this.#forget(ingress)
    return ingress
  }

  /**
   * Whether a publisher would be let in at this moment; refuses in the same words as `accept`, and changes nothing.
   *
   * @throws {MediaError} as `accept` does.
   */
  check(arrival: Arrival): void {
    const { app, ingress } = this.#doorFor(arrival)
    const { identity } = ingress
    const room = this.#of.rooms.find(ingress.room)
    if (!room) return
    if (!app.settings.takeover && room.find(identity)) throw new MediaError('IDENTITY_TAKEN', { room: room.name, identity })
    if (arrival.exclusive) requireAlone(room, identity)
  }

  /**
   * The full name of the room that an arrival may publish in, whether somebody does so already or not.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED` or `FORBIDDEN`.
   */
  roomFor(arrival: Arrival): string {
    return this.#doorFor(arrival).ingress.room
  }

  /**
   * Lets a publisher in: by its stream key, else by the room's name where that is permitted.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED`, `FORBIDDEN`,
   *   `IDENTITY_TAKEN` or `MEDIA_UNAVAILABLE`.
   */
  async accept(arrival: Arrival): Promise<{ ingress: Ingress; participant: Participant }> {
    const { app, ingress } = this.#doorFor(arrival)
    const { remoteAddress, trace } = arrival.caller
    const room = await this.#of.rooms.open(ingress.room)
    if (arrival.exclusive) requireAlone(room, ingress.identity)
    const participant = room.join({
      identity: ingress.identity,
      kind: arrival.protocol,
      takeover: app.settings.takeover,
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(trace !== undefined && { trace }),
    })
    this.#live(ingress, participant)
    return { ingress, participant }
  }

  #doorFor(arrival: Arrival): { app: App; ingress: Ingress } {
    const app = this.#of.apps.get(arrival.app)
    const known = this.#byKey.get(`${app.name}/${hashOf(arrival.key)}`)
    if (known?.protocol !== arrival.protocol) {
      // Beside a room's name a key is a credential, and this one nobody knows.
      if (arrival.room !== undefined) throw new MediaError('UNAUTHENTICATED')
      return { app, ingress: this.#openDoor(arrival, app) }
    }
    if (arrival.room !== undefined && this.#of.apps.roomName(app.name, arrival.room).name !== known.room) {
      throw new MediaError('FORBIDDEN', { room: arrival.room, reason: 'the stream key leads to another room' })
    }
    return { app, ingress: known }
  }

  #openDoor({ protocol, key, identity = DEFAULT_IDENTITY, caller }: Arrival, app: App): Ingress {
    const { name } = this.#of.apps.roomName(app.name, key)
    checkIdentity(identity)
    // An encoder that was given neither a key nor a credential is told about the key.
    if (caller.kind === 'ANONYMOUS' && !this.#of.access.allows(caller, 'PUBLISH', { app, room: name })) {
      throw new MediaError('STREAM_KEY_UNKNOWN', { app: app.name })
    }
    this.#of.access.require(caller, 'PUBLISH', { app, room: name })
    return new Ingress({ protocol, app: app.name, room: name, identity })
  }

  #live(ingress: Ingress, participant: Participant): void {
    this.#byId.set(ingress.id, ingress)
    ingress.participant = participant
    this.#of.events.emit('ingress.changed', ingress, ingress.configured ? 'CHANGED' : 'CREATED')
    participant.events.once('left', () => {
      ingress.participant = undefined
      if (ingress.configured && this.#byId.has(ingress.id)) this.#of.events.emit('ingress.changed', ingress, 'CHANGED')
      else this.#forget(ingress)
    })
  }

  #remember(ingress: Ingress, keyHash: string): void {
    this.#byId.set(ingress.id, ingress)
    this.#byKey.set(`${ingress.app}/${keyHash}`, ingress)
  }

  #forget(ingress: Ingress): void {
    if (!this.#byId.delete(ingress.id)) return
    for (const [key, known] of this.#byKey) if (known === ingress) this.#byKey.delete(key)
    this.#of.events.emit('ingress.changed', ingress, 'DELETED')
  }
}

function requireAlone(room: Room, identity: string): void {
  const other = room.publishers.find((publisher) => publisher.identity !== identity)
  if (other) throw new MediaError('IDENTITY_TAKEN', { room: room.name, identity: other.identity })
}
