import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Turns } from '../../core/kernel/turns.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Callbacks } from './callbacks.ts'
import type { Delivery } from './delivery.ts'
import type { RecorderHost } from './host.ts'
import type { Recording } from './recording.ts'
import type { RecordingRow } from './store.ts'

const FOLDER = 'snapshots'
/** Each takes a process for a moment. */
const AT_ONCE = 2

type Ground = { host: RecorderHost; callbacks: Callbacks; delivery: () => Delivery }

/** Pictures of recordings: now and then while they run, and one of each in the end. */
export class Pictures {
  readonly #ground: Ground
  readonly #turns = new Turns(AT_ONCE)

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Takes one every so many seconds until the recording ends; none while the one before is still being taken. */
  during(recording: Recording, app: AppInfo, everySeconds: number): void {
    if (everySeconds <= 0) return
    let isTaking = false
    const timer = setInterval(async () => {
      if (isTaking) return
      isTaking = true
      await this.#take(recording, app)
      isTaking = false
    }, everySeconds * 1_000)
    recording.events.once('ended', () => clearInterval(timer))
  }

  /** @returns Its key: that of the object, or its path below the app's folder; undefined when it could not be kept. */
  async keep(app: AppInfo, row: RecordingRow, name: string, jpeg: Buffer): Promise<string | undefined> {
    const { host, callbacks, delivery } = this.#ground
    const path = join(app.folder, FOLDER, `${name}.jpg`)
    try {
      await mkdir(join(app.folder, FOLDER), { recursive: true, mode: 0o750 })
      await writeFile(`${path}.new`, jpeg, { mode: 0o640 })
      await rename(`${path}.new`, path)
      const place = await delivery().takePicture(app, row, path)
      const key = place.key ?? `${FOLDER}/${name}.jpg`
      callbacks.snapshot(app, row, { ...place, key }, jpeg.length)
      return key
    } catch (error) {
      host.log.warn({ err: error, app: app.name, recording: row.id }, 'a picture of a recording could not be kept')
      return undefined
    }
  }

  async #take(recording: Recording, app: AppInfo): Promise<void> {
    const jpeg = await this.#turns.take(() => recording.picture()).catch(() => undefined)
    const { row } = recording.part
    if (jpeg) await this.keep(app, row, `${row.name}-${Date.now()}`, jpeg)
  }
}
