import type { Access } from '../access/access.ts'
import { AttemptLimit } from '../access/attempt-limit.ts'
import { hashOf } from '../access/tokens.ts'
import type { App } from '../app/app.ts'
import type { Apps } from '../app/apps.ts'
import { MediaError } from '../kernel/errors.ts'
import { checkIdentity } from '../room/identity.ts'
import type { Arrival } from './arrival.ts'
import { Ingress } from './ingress.ts'

/** The identity of a publisher who names a room and nothing else: a room has one of these. */
export const DEFAULT_IDENTITY = 'publisher'

/** How stream keys begin, so that one that leads nowhere any more is never taken for the name of a room, and shown to everybody. */
export const STREAM_KEY_PREFIX = 'sk-'

/** Unknown keys that one address may try before it is told to slow down. */
const WRONG_KEYS = { limit: 100, windowMs: 60_000 }

/** Finds the ingress by which somebody comes in, or makes one on the spot where that is permitted. */
export class Doors {
  readonly #apps: Apps
  readonly #access: Access
  readonly #byKey = new Map<string, Ingress>()
  readonly #wrongKeys = new AttemptLimit(WRONG_KEYS)

  constructor({ apps, access }: { apps: Apps; access: Access }) {
    this.#apps = apps
    this.#access = access
  }

  add(ingress: Ingress, keyHash: string): void {
    this.#byKey.set(keyHash, ingress)
  }

  remove(ingress: Ingress): void {
    for (const [keyHash, known] of this.#byKey) if (known === ingress) this.#byKey.delete(keyHash)
  }

  /** The app that an arrival leads to; a stream key says it better than the path that it came by. */
  appOf(arrival: Pick<Arrival, 'app' | 'key' | 'protocol'>): string {
    return this.#known(arrival)?.app ?? arrival.app
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `STREAM_KEY_UNKNOWN`, `UNAUTHENTICATED`, `FORBIDDEN` or `RATE_LIMITED`. */
  for(arrival: Arrival): { app: App; ingress: Ingress } {
    const known = this.#known(arrival)
    if (!known) return this.#withoutKey(arrival)
    const app = this.#apps.get(known.app)
    if (arrival.room !== undefined && this.#apps.roomName(arrival.app, arrival.room).name !== known.room) {
      throw new MediaError('FORBIDDEN', { room: arrival.room, reason: 'the stream key leads to another room' })
    }
    return { app, ingress: known }
  }

  #known({ key, protocol }: Pick<Arrival, 'key' | 'protocol'>): Ingress | undefined {
    const known = this.#byKey.get(hashOf(key))
    return known?.protocol === protocol ? known : undefined
  }

  #withoutKey({ protocol, key, room, identity, caller, ...arrival }: Arrival): { app: App; ingress: Ingress } {
    const app = this.#apps.get(arrival.app)
    // Beside a room's name a key is a credential, and this one nobody knows.
    if (room !== undefined) throw this.#wrongKey(caller.remoteAddress, new MediaError('UNAUTHENTICATED'))
    const keyUnknown = () => this.#wrongKey(caller.remoteAddress, new MediaError('STREAM_KEY_UNKNOWN', { app: app.name }))
    if (key.startsWith(STREAM_KEY_PREFIX)) throw keyUnknown()

    const { name } = this.#apps.roomName(app.name, key)
    const who = caller.joining?.identity ?? identity ?? DEFAULT_IDENTITY
    if (!caller.joining) checkIdentity(who)
    // An encoder that was given neither a key nor a credential is told about the key.
    if (caller.kind === 'ANONYMOUS' && !this.#access.allows(caller, 'PUBLISH', { app, room: name })) throw keyUnknown()
    this.#access.require(caller, 'PUBLISH', { app, room: name })
    return { app, ingress: new Ingress({ protocol, app: app.name, room: name, identity: who, transcode: transcodes(app) }) }
  }

  /** @throws {MediaError} `RATE_LIMITED` in its place when the address has tried too many. */
  #wrongKey(address: string | undefined, refusal: MediaError): MediaError {
    if (address !== undefined) this.#wrongKeys.take(address)
    return refusal
  }
}

/** Whether an app makes renditions of what comes in, where nobody says otherwise. */
export function transcodes({ config }: App): boolean {
  return config.transcoding.enabled && config.rtmp.transcode
}
