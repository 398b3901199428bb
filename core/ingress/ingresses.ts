import type { Access } from '../access/access.ts'
import { AttemptLimit } from '../access/attempt-limit.ts'
import { type Caller, SYSTEM } from '../access/caller.ts'
import { verifyPassword } from '../access/passwords.ts'
import type { Quotas } from '../access/quotas.ts'
import type { ServerKeys } from '../access/server-keys.ts'
import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import type { CoreEvents } from '../events/events.ts'
import { MediaError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Participant, ParticipantOptions } from '../room/participant.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Store } from '../store/database.ts'
import { eq } from '../store/drizzle.ts'
import { ingresses as ingressesTable } from '../store/tables.ts'
import type { Arrival } from './arrival.ts'
import { Doors } from './doors.ts'
import { Ingress, type IngressReport } from './ingress.ts'
import { type CreatedIngress, type NewIngress, newIngress } from './new-ingress.ts'

/** Passwords that one address may try before it is told to slow down: each costs us the work of a hash. */
const PASSWORD_TRIES = { limit: 60, windowMs: 60_000 }

export type Admitted = { ingress: Ingress; participant: Participant }

type IngressesDependencies = {
  store: Store
  apps: Apps
  rooms: Rooms
  access: Access
  keys: ServerKeys
  quotas: Quotas
  events: CoreEvents
  log: Log
}

/** The ways in: creates, lists and deletes configured ones, and lets publishers in by them. */
export class Ingresses {
  readonly #of: IngressesDependencies
  readonly #byId = new Map<string, Ingress>()
  readonly #doors: Doors
  readonly #passwordTries = new AttemptLimit(PASSWORD_TRIES)

  private constructor(dependencies: IngressesDependencies) {
    this.#of = dependencies
    this.#doors = new Doors(dependencies)
    dependencies.events.on('app.changed', (app, change) => {
      if (change === 'DELETED') void this.#deleteAllOf(app)
    })
  }

  static async load(dependencies: IngressesDependencies): Promise<Ingresses> {
    const ingresses = new Ingresses(dependencies)
    for (const { keyHash, ...row } of await dependencies.store.select().from(ingressesTable)) ingresses.#remember(new Ingress(row), keyHash)
    return ingresses
  }

  list(): Ingress[] {
    return [...this.#byId.values()]
  }

  /** @param app Only if it belongs to this app. @throws {MediaError} `INGRESS_NOT_FOUND` */
  get(id: string, app?: string): Ingress {
    const ingress = this.#byId.get(id)
    if (!ingress || (app !== undefined && ingress.app !== app)) throw new MediaError('INGRESS_NOT_FOUND', { id })
    return ingress
  }

  /**
   * @param caller Who asks: it counts against its tenant's quota.
   * @returns The ingress, its stream key, and its password when it has one; that can not be read again.
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `INPUT_INVALID` or `QUOTA_EXCEEDED`.
   */
  async create(request: NewIngress, caller: Caller = SYSTEM): Promise<CreatedIngress> {
    const { store, rooms, events, apps, quotas } = this.#of
    const app = apps.get(request.app)
    quotas.require('maxConcurrentStreams', { tenant: app.tenant, caller })
    const isTaken = (room: string, identity: string) =>
      rooms.find(room)?.find(identity) !== undefined || this.list().some((one) => one.room === room && one.identity === identity)
    const { keyHash, ...created } = await newIngress(request, { ...this.#of, isTaken })
    const { ingress } = created
    await store.insert(ingressesTable).values({ ...ingress, keyHash, keyHint: ingress.keyHint ?? '' })
    if (apps.find(app.name) !== app) {
      // Deleted meanwhile: its key must not lead into another app of its name.
      await store.delete(ingressesTable).where(eq(ingressesTable.id, ingress.id))
      throw new MediaError('APP_NOT_FOUND', { app: app.name })
    }
    this.#remember(ingress, keyHash)
    events.emit('ingress.changed', ingress, 'CREATED')
    return created
  }

  /** Ends what comes in through it and forgets it. */
  async delete(id: string): Promise<Ingress> {
    const ingress = this.get(id)
    await this.#of.store.delete(ingressesTable).where(eq(ingressesTable.id, id))
    ingress.participant?.leave('REQUESTED')
    this.#forget(ingress)
    return ingress
  }

  /** Its stream key, for those who may read it again. Nothing of one without a key, or older than sealing. */
  streamKey({ sealedKey }: Ingress): string | undefined {
    return sealedKey === undefined ? undefined : this.#of.keys.unseal(sealedKey)
  }

  /** What it pulls; nothing of one that waits for an encoder. */
  url({ sealedUrl }: Ingress): string | undefined {
    return sealedUrl === undefined ? undefined : this.#of.keys.unseal(sealedUrl)
  }

  /** How many are in its room beside it; nothing while nobody is there. */
  audienceOf({ room }: Ingress): number | undefined {
    const open = this.#of.rooms.find(room)
    const present = open ? open.participants.size + open.viewers.size : 0
    return present === 0 ? undefined : present - 1
  }

  /**
   * Whether this is the password that goes with its stream key. Once it was shown here, pushes need not bring it.
   *
   * @param address Who asks, for the limit of tries.
   * @throws {MediaError} `INGRESS_NOT_FOUND` or `RATE_LIMITED`.
   */
  async validatePassword(id: string, password: string, address?: string): Promise<boolean> {
    const ingress = this.get(id)
    if (!(await this.#isPasswordOf(ingress, password, address))) return false
    if (ingress.requiresPassword && !ingress.authorized) {
      ingress.authorized = true
      await this.#of.store.update(ingressesTable).set({ authorized: true }).where(eq(ingressesTable.id, id))
    }
    return true
  }

  /**
   * Whether a publisher would be let in at this moment; refuses in the same words as `accept`, and changes nothing. Passwords are
   * looked at when it comes.
   *
   * @throws {MediaError} as `accept` does.
   */
  check(arrival: Arrival): void {
    const { app, ingress } = this.#doors.for(arrival)
    const { identity } = ingress
    const room = this.#of.rooms.find(ingress.room)
    if (!room) return
    const present = room.find(identity)
    if (present && !app.settings.takeover && !isOwn(present, arrival.caller))
      throw new MediaError('IDENTITY_TAKEN', { room: room.name, identity })
    if (arrival.exclusive) requireAlone(room, identity)
  }

  /** The app that an arrival leads to, whether it may come in or not. */
  appOf(arrival: Arrival): string {
    return this.#doors.appOf(arrival)
  }

  /**
   * The full name of the room that an arrival may publish in, whether somebody does so already or not.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED`, `FORBIDDEN` or `RATE_LIMITED`.
   */
  roomFor(arrival: Arrival): string {
    return this.#doors.for(arrival).ingress.room
  }

  /**
   * Lets a publisher in: by its stream key, else by the room's name where that is permitted.
   *
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED`, `FORBIDDEN`, `RATE_LIMITED`,
   *   `IDENTITY_TAKEN` or `MEDIA_UNAVAILABLE`.
   */
  async accept(arrival: Arrival): Promise<Admitted> {
    const { app, ingress } = this.#doors.for(arrival)
    const { remoteAddress, trace, joining } = arrival.caller
    await this.#requirePassword(ingress, arrival)
    const name = ingress.name ?? joining?.name
    return this.#open(app, ingress, {
      exclusive: arrival.exclusive ?? false,
      ...(name !== undefined && { name }),
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(trace !== undefined && { trace }),
      ...(!ingress.configured && joining && { joinedBy: arrival.caller.id }),
      ...(!ingress.configured && joining?.metadata !== undefined && { metadata: joining.metadata }),
      ...(!ingress.configured && joining?.publishes && { publishes: joining.publishes }),
    })
  }

  /**
   * Lets the publisher of a configured ingress in that a plugin brings by itself.
   *
   * @param kind What the participant is called, where that is not the ingress's protocol.
   * @throws {MediaError} `INGRESS_NOT_FOUND`, `IDENTITY_TAKEN` or `MEDIA_UNAVAILABLE`.
   */
  admit(id: string, kind?: string): Promise<Admitted> {
    const ingress = this.get(id)
    const { name } = ingress
    return this.#open(this.#of.apps.get(ingress.app), ingress, { ...(name !== undefined && { name }), ...(kind !== undefined && { kind }) })
  }

  /** Notes what a plugin says of an ingress that it opens by itself. @throws {MediaError} `INGRESS_NOT_FOUND` */
  report(id: string, report: IngressReport): void {
    const ingress = this.get(id)
    const { reported } = ingress
    if (reported?.status === report.status && reported.error === report.error) return
    ingress.reported = report
    this.#of.events.emit('ingress.changed', ingress, 'CHANGED')
  }

  async #open(
    app: App,
    ingress: Ingress,
    { exclusive = false, ...newcomer }: Omit<ParticipantOptions, 'identity' | 'kind'> & { kind?: string; exclusive?: boolean },
  ): Promise<Admitted> {
    const room = await this.#of.rooms.open(ingress.room, app)
    // It may have been deleted meanwhile.
    if (ingress.configured) this.get(ingress.id)
    if (exclusive) requireAlone(room, ingress.identity)
    const { identity, protocol: kind } = ingress
    const present = room.find(identity)
    const isBack = present !== undefined && newcomer.joinedBy !== undefined && present.joinedBy === newcomer.joinedBy
    const participant = room.join({ kind, ...newcomer, identity, takeover: app.settings.takeover || isBack })
    this.#live(ingress, participant)
    return { ingress, participant }
  }

  #live(ingress: Ingress, participant: Participant): void {
    this.#byId.set(ingress.id, ingress)
    ingress.participant = participant
    ingress.reported = undefined
    this.#of.events.emit('ingress.changed', ingress, ingress.configured ? 'CHANGED' : 'CREATED')
    participant.events.once('left', () => {
      // Who took over may be in already.
      if (ingress.participant === participant) ingress.participant = undefined
      if (ingress.configured && this.#byId.has(ingress.id)) this.#of.events.emit('ingress.changed', ingress, 'CHANGED')
      else this.#forget(ingress)
    })
  }

  async #requirePassword(ingress: Ingress, { password, caller }: Arrival): Promise<void> {
    if (!ingress.requiresPassword || ingress.authorized) return
    if (password !== undefined && (await this.#isPasswordOf(ingress, password, caller.remoteAddress))) return
    this.#of.events.emit('ingress.refused', ingress, 'unauthorized_rtmp_password')
    throw new MediaError('FORBIDDEN', { reason: 'the password that goes with the stream key is missing or wrong' })
  }

  async #isPasswordOf({ passwordHash }: Ingress, password: string, address = ''): Promise<boolean> {
    if (passwordHash === undefined) return true
    this.#passwordTries.take(address)
    return verifyPassword(password, passwordHash)
  }

  #remember(ingress: Ingress, keyHash: string): void {
    this.#byId.set(ingress.id, ingress)
    this.#doors.add(ingress, keyHash)
  }

  #forget(ingress: Ingress): void {
    if (!this.#byId.delete(ingress.id)) return
    this.#doors.remove(ingress)
    this.#of.events.emit('ingress.changed', ingress, 'DELETED')
  }

  async #deleteAllOf(app: App): Promise<void> {
    for (const ingress of this.list().filter((one) => one.app === app.name)) {
      ingress.participant?.leave('REQUESTED')
      this.#forget(ingress)
    }
    try {
      await this.#of.store.delete(ingressesTable).where(eq(ingressesTable.app, app.name))
    } catch (error) {
      this.#of.log.error({ err: error, app: app.name }, 'the ingresses of a deleted app could not be forgotten')
    }
  }
}

/** Whether somebody is there by a join token for the same identity: who comes back replaces themselves. */
function isOwn({ joinedBy }: Participant, { id, joining }: Caller): boolean {
  return joining !== undefined && joinedBy === id
}

function requireAlone(room: Room, identity: string): void {
  const other = room.publishers.find((publisher) => publisher.identity !== identity)
  if (other) throw new MediaError('IDENTITY_TAKEN', { room: room.name, identity: other.identity })
}
