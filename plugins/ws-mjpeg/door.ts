import type { WebSocket } from 'ws'
import { networkOf } from '../../core/kernel/addresses.ts'
import { MediaError } from '../../core/kernel/errors.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import { type CameraKey, KEY_PREFIX } from './camera-key.ts'
import type { CameraKeys } from './camera-keys.ts'
import type { Cameras } from './cameras.ts'
import type { WsMjpegConfig } from './config.ts'
import { MinuteLimit } from './rate.ts'
import { REFUSALS, Refused } from './refusal.ts'
import { isRoomName, isSlug } from './slug.ts'

/** What a device says in its handshake. */
export type Knock = {
  readonly socket: WebSocket
  readonly app: string
  readonly room: string
  readonly identity: string | undefined
  readonly secret: string | undefined
  readonly remoteAddress: string | undefined
}

/** A camera that may come in. */
export type Admitted = {
  readonly app: AppInfo
  readonly key: CameraKey
  readonly identity: string
  /** Whether its key has been taken back since. */
  readonly isRevoked: () => Promise<boolean>
}

type DoorOptions = { host: Pick<Host, 'core'>; keys: CameraKeys; cameras: Cameras; config: WsMjpegConfig }

/** Decides which device may be a camera, in StreamHub's order; those of one app one after the other, so that none slips past a limit. */
export class Door {
  readonly #of: DoorOptions
  readonly #handshakes: MinuteLimit
  readonly #turns = new Map<string, Promise<void>>()

  constructor(options: DoorOptions) {
    this.#of = options
    this.#handshakes = new MinuteLimit(options.config.handshakesPerMinute)
  }

  /**
   * @param enter Lets it in, before anybody else of its app is looked at.
   * @throws {Refused}
   */
  async knock(knock: Knock, enter: (admitted: Admitted) => Promise<void>): Promise<void> {
    const { app, room, secret, remoteAddress = '' } = knock
    if (!this.#handshakes.take(networkOf(remoteAddress), performance.now())) throw new Refused(REFUSALS.rateLimited)
    if (!isSlug(app)) throw new Refused(REFUSALS.invalidApp)
    if (!isRoomName(room, app)) throw new Refused(REFUSALS.invalidRoom)
    if (!secret?.startsWith(KEY_PREFIX)) throw new Refused(REFUSALS.invalidKey)
    await this.#inTurn(app, async () => {
      const admitted = await this.#check(knock, secret)
      if (knock.socket.readyState === knock.socket.OPEN) await enter(admitted)
    })
  }

  async #check({ app: name, room, identity }: Knock, secret: string): Promise<Admitted> {
    const { host, keys } = this.#of
    const app = await host.core.apps.get(name).catch(refusedWhen('APP_NOT_FOUND', REFUSALS.unknownApp))
    const key = await keys.find(app, secret)
    if (!key) throw new Refused(REFUSALS.invalidKey)
    if (!app.config.features.wsIngest.enabled) throw new Refused(REFUSALS.disabled)
    const named = await host.core.rooms.fullName(name, room).catch(refusedWhen('ROOM_NAME_INVALID', REFUSALS.roomMismatch))
    if (named !== key.room) throw new Refused(REFUSALS.roomMismatch)
    await this.#requirePlace(app, key)
    return {
      app,
      key,
      identity: identity !== undefined && isSlug(identity) ? identity : key.identity,
      isRevoked: async () => (await keys.find(app, secret)) === undefined,
    }
  }

  /** Who takes its own place again needs no other. */
  async #requirePlace({ name, config }: AppInfo, key: CameraKey): Promise<void> {
    const { host, cameras } = this.#of
    if (cameras.ofKey(key.id)) return
    await host.core.quotas.require('maxConcurrentStreams', name).catch(refusedWhen('QUOTA_EXCEEDED', REFUSALS.quotaExceeded))
    const { maxCameras } = config.features.wsIngest
    if (maxCameras > 0 && cameras.inApp(name).length >= maxCameras) throw new Refused(REFUSALS.maxCameras)
  }

  async #inTurn(app: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(app) ?? Promise.resolve()
    const mine = before.then(work)
    const settled = mine.catch(() => {})
    this.#turns.set(app, settled)
    try {
      await mine
    } finally {
      if (this.#turns.get(app) === settled) this.#turns.delete(app)
    }
  }
}

function refusedWhen(code: MediaError['code'], refusal: Refused['refusal']) {
  return (error: unknown): never => {
    throw error instanceof MediaError && error.code === code ? new Refused(refusal) : error
  }
}
