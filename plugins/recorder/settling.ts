import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Backoff } from '../../core/kernel/backoff.ts'
import { messageOf } from '../../core/kernel/errors.ts'
import { Turns } from '../../core/kernel/turns.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Callbacks } from './callbacks.ts'
import type { Delivery } from './delivery.ts'
import { probe } from './ffmpeg.ts'
import { sizeOf } from './files.ts'
import { type Finished, finish } from './finish.ts'
import type { RecorderHost } from './host.ts'
import type { Part } from './parts.ts'
import { pictureIn } from './picture.ts'
import type { Pictures } from './pictures.ts'
import type { NewRecordingRow, RecordingRow } from './store.ts'

/** The rest of a machine has media to move. */
const AT_ONCE = 2
/** Where in a file its picture is taken, in seconds at most. */
const PICTURE_AT_S = 1

type Ground = {
  host: RecorderHost
  callbacks: Callbacks
  pictures: Pictures
  delivery: () => Delivery
  change: (app: string, row: RecordingRow, change: Partial<NewRecordingRow>) => Promise<RecordingRow>
}
type Settled = { row: RecordingRow; delivered: Promise<void> }

/** Makes of what was written what is kept: one file, its picture, and word of it. */
export class Settling {
  readonly #ground: Ground
  readonly #turns = new Turns(AT_ONCE)
  readonly #backoff = new Backoff({ firstMs: 1_000, maxMs: 60_000 })
  /** Tells of the end of one part are told after those of the one before it. */
  readonly #told = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, (row: RecordingRow) => void>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** To be called for every part that is over; also again, after a restart. @param isLast Whether no other part follows it. */
  async settle(app: AppInfo, part: Part, isLast: boolean): Promise<void> {
    const { change, callbacks } = this.#ground
    const row = await change(app.name, part.row, { state: 'UPLOADING', endedAt: part.row.endedAt ?? new Date() })
    const before = this.#told.get(row.session)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#told.set(row.session, promise)
    try {
      const settled = await this.#turns.take(() => this.#make(app, part, row))
      await before
      if (!settled) return
      await settled.delivered
      const ready = await change(app.name, row, { state: 'READY', error: null })
      callbacks.ready(app, ready, await this.#ground.delivery().placeOf(app, ready), isLast)
      callbacks.egress(app, ready, 'egress_ended')
    } finally {
      if (isLast) this.#told.delete(row.session)
      resolve()
    }
  }

  /** A delivery says that a file has arrived. */
  delivered(row: RecordingRow): boolean {
    const waiting = this.#waiting.get(row.id)
    this.#waiting.delete(row.id)
    waiting?.(row)
    return waiting !== undefined
  }

  async #make(app: AppInfo, part: Part, begun: RecordingRow): Promise<Settled | undefined> {
    const { host, change, callbacks, delivery } = this.#ground
    const finished = await this.#finish(app, part, begun)
    if (!finished) {
      for (const file of part.files) await rm(file, { force: true })
      const row = await change(app.name, begun, { state: 'FAILED', error: 'nothing playable was recorded' })
      callbacks.failed(app, row, 'NOTHING_RECORDED', 'nothing playable was recorded')
      callbacks.egress(app, row, 'egress_ended')
      return undefined
    }
    const row = await change(app.name, begun, columns(finished, part.folder))
    const { file, sizeBytes, facts } = finished
    host.log.info({ app: app.name, room: row.room, recording: row.id, file, sizeBytes }, 'recording finished')
    const hasPicture = facts.videoCodec !== undefined && row.snapshotKey === null
    const snapshotKey = !hasPicture ? undefined : await this.#picture(app, row, finished)
    const pictured = snapshotKey === undefined ? row : await change(app.name, row, { snapshotKey })
    const arrival = Promise.withResolvers<RecordingRow>()
    this.#waiting.set(row.id, arrival.resolve)
    if (!(await delivery().take(app, pictured))) this.delivered(pictured)
    return { row: pictured, delivered: arrival.promise.then(() => undefined) }
  }

  /** Tries again for as long as it takes: the disk may be full. */
  async #finish(app: AppInfo, { folder, files }: Part, row: RecordingRow): Promise<Finished | undefined> {
    const { host, change } = this.#ground
    const known = await finishedBefore(folder, row)
    if (known) return known
    for (;;) {
      try {
        return await finish(files, join(folder, row.name))
      } catch (error) {
        const waitMs = this.#backoff.next() ?? 0
        host.log.warn({ err: error, app: app.name, recording: row.id, waitMs }, 'a recording could not be finished yet')
        await change(app.name, row, { error: messageOf(error) }).catch(() => undefined)
        await delay(waitMs, undefined, { signal: host.signal })
      }
    }
  }

  async #picture(app: AppInfo, row: RecordingRow, { file, facts }: Finished): Promise<string | undefined> {
    const jpeg = await pictureIn(file, Math.min(PICTURE_AT_S, (facts.durationMs ?? 0) / 2_000))
    return jpeg && this.#ground.pictures.keep(app, row, row.name, jpeg)
  }
}

/** What an earlier run made of it. */
async function finishedBefore(folder: string, { file, format }: RecordingRow): Promise<Finished | undefined> {
  if (file === null) return undefined
  const path = join(folder, file)
  const facts = await probe(path)
  return facts && { file: path, format: format as Finished['format'], sizeBytes: await sizeOf(path), facts }
}

function columns({ file, format, sizeBytes, facts }: Finished, folder: string): Partial<NewRecordingRow> {
  return {
    file: relative(folder, file),
    format,
    sizeBytes,
    durationMs: facts.durationMs ?? null,
    widthPx: facts.widthPx ?? null,
    heightPx: facts.heightPx ?? null,
    codec: facts.videoCodec ?? facts.audioCodec ?? null,
  }
}
