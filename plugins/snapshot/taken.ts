import { MediaError } from '../../core/kernel/errors.ts'
import type { Turns } from '../../core/kernel/turns.ts'
import { guardedLookup } from '../kit/guarded-lookup.ts'
import type { Host } from '../kit/host.ts'
import type { SnapshotConfig } from './config.ts'
import { newName, removeOld, writePicture } from './files.ts'
import { still } from './still.ts'
import { upload } from './upload.ts'

/** The largest picture that is kept; smaller sources are not enlarged. */
const MAX_WIDTH_PX = 1_920
const CLEAN_EVERY_MS = 10 * 60_000

/** A picture that was taken to be kept. */
export type TakenSnapshot = {
  app: string
  room: string
  identity: string | undefined
  /** Where it is kept, below the prefix of the app's bucket. */
  key: string
  /** Absolute in a bucket, a path of this server otherwise. */
  url: string
  sizeBytes: number
  takenAt: Date
}

type TakenHost = Pick<Host<SnapshotConfig>, 'core' | 'pipelines' | 'config' | 'log' | 'events'>

/** Takes pictures to be kept: in the app's bucket where it has one, else in its folder for a while. */
export class TakenSnapshots {
  readonly #host: TakenHost
  readonly #turns: Turns
  readonly #cleaning = setInterval(() => void this.clean(), CLEAN_EVERY_MS)

  constructor(host: TakenHost, turns: Turns) {
    this.#host = host
    this.#turns = turns
  }

  /**
   * @param roomName By its full or app-local name.
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NOT_FOUND`, `PARTICIPANT_NOT_FOUND`, `NO_PICTURE`, `OVERLOADED` or `STORAGE_FAILED`.
   */
  async take(appName: string, roomName: string, identity?: string): Promise<TakenSnapshot> {
    const { core, config } = this.#host
    const name = await core.rooms.fullName(appName, roomName)
    const room = await core.rooms.find(name)
    if (!room) throw new MediaError('ROOM_NOT_FOUND', { room: name })
    const { quality, timeoutMs } = config
    const jpeg = await this.#turns.take(() => still(this.#host, room, identity, { widthPx: MAX_WIDTH_PX, quality, timeoutMs }))
    const takenAt = new Date()
    const kept = await this.#keep(appName, identity === undefined ? name : `${name}-${identity}`, jpeg)
    return { app: appName, room: name, identity, ...kept, sizeBytes: jpeg.length, takenAt }
  }

  /** Removes from all folders what is older than it may be. */
  async clean(): Promise<void> {
    const { core, config, log } = this.#host
    if (config.keepHours === 0) return
    try {
      for (const app of await core.apps.list()) {
        const removed = await removeOld(app, config.keepHours * 3_600_000)
        if (removed > 0) log.info({ app: app.name, removed }, 'old snapshots removed')
      }
    } catch (error) {
      log.warn({ err: error }, 'old snapshots could not be removed')
    }
  }

  close(): void {
    clearInterval(this.#cleaning)
  }

  async #keep(appName: string, of: string, jpeg: Buffer): Promise<{ key: string; url: string }> {
    const { core, config } = this.#host
    const [app, bucket] = await Promise.all([core.apps.get(appName), core.apps.s3(appName)])
    const file = newName(of)
    const key = [app.config.s3.prefix.replace(/^\/+|\/+$/g, ''), 'snapshots', file].filter((part) => part !== '').join('/')
    if (bucket) {
      if (bucket.endpoint !== '') await core.outbound.check(bucket.endpoint, { field: 'endpoint' })
      return { key, url: await upload(bucket, key, jpeg, { linkTtlS: config.linkTtlS, lookup: guardedLookup(core) }) }
    }
    await writePicture(app, file, jpeg)
    return { key, url: `/snapshots/${encodeURIComponent(app.name)}/${file}` }
  }
}
