import { rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { MediaError, messageOf } from '../../../core/kernel/errors.ts'
import { Turns } from '../../../core/kernel/turns.ts'
import type { AppInfo } from '../../kit/core-api.ts'
import type { Delivery, Place } from '../delivery.ts'
import { recordingsFolder } from '../files.ts'
import type { RecorderHost } from '../host.ts'
import type { Recordings } from '../recordings.ts'
import type { RecordingRow } from '../store.ts'
import { keyOf, objectUrl, publicUrl } from '../upload/addresses.ts'
import { Buckets } from '../upload/buckets.ts'
import { UploadQueue } from '../upload/upload-queue.ts'
import { forgetUploadsOf, queueUpload, type UploadRow, uploadsOf } from '../upload/upload-rows.ts'
import { plan } from './ladder.ts'
import { filesOf, Maker, ownsFolder } from './maker.ts'
import { changeVariant, planVariants, type VariantRow, variantsOf } from './variant-rows.ts'
import { variantsReady } from './variants-ready.ts'

type Ground = { readonly host: RecorderHost; readonly recordings: Recordings }

/**
 * What becomes of a recording's file once it is whole: it is uploaded where the app has a bucket, other things are made of it, and it goes
 * when all of that is there and it is wanted here no more.
 */
export class Vault implements Delivery {
  readonly buckets: Buckets
  readonly #ground: Ground
  readonly #maker: Maker
  readonly #slots: Turns
  readonly #queues = new Map<string, UploadQueue>()

  constructor(ground: Ground) {
    const { host, recordings } = ground
    this.#ground = ground
    this.buckets = new Buckets(host)
    this.#slots = new Turns(host.config.upload.atOnce)
    this.#maker = new Maker({ host, store: recordings.store, made: (app, row, variant) => this.#made(app, row, variant) })
    recordings.events.on('changed', (app, { number, state, file, objectKey }) => {
      if (state !== 'READY' || file === null) return
      this.#maker.wake(app)
      if (objectKey !== null) void this.#letGo(app, number)
    })
  }

  /** Goes on with what an earlier run had begun. */
  async open(app: AppInfo): Promise<void> {
    await this.#queue(app)
    this.#maker.wake(app.name)
  }

  async take(app: AppInfo, row: RecordingRow): Promise<boolean> {
    if (row.file === null || row.objectKey !== null) return false
    await planVariants(await this.#db(app.name), row.number, plan(app.config, row))
    const access = await this.buckets.access(app.name)
    if (!access) return false
    await this.#enqueue(app, row, row.file, keyOf(access, row.file))
    return true
  }

  async takePicture(app: AppInfo, row: RecordingRow, file: string): Promise<Place> {
    const access = await this.buckets.access(app.name)
    if (!access) return NOWHERE
    const key = keyOf(access, `snapshots/${basename(file)}`)
    await this.#enqueue(app, row, relative(recordingsFolder(app), file), key)
    return { key, s3Url: objectUrl(access, key), publicUrl: publicUrl(access, key) ?? null }
  }

  async placeOf(app: AppInfo, { objectKey: key }: RecordingRow): Promise<Place> {
    const access = key === null ? undefined : await this.buckets.access(app.name)
    if (key === null || !access) return { ...NOWHERE, key }
    return { key, s3Url: objectUrl(access, key), publicUrl: publicUrl(access, key) ?? null }
  }

  async readableAt(app: AppInfo, { objectKey }: RecordingRow): Promise<string | undefined> {
    const bucket = objectKey === null ? undefined : await this.buckets.of(app.name)
    return objectKey === null ? undefined : bucket?.link(objectKey, READING_S)
  }

  arrivedBytes(app: string, { objectKey, file, sizeBytes }: RecordingRow): number {
    if (objectKey !== null) return sizeBytes ?? 0
    return file === null ? 0 : (this.#queues.get(app)?.bytesOf(file) ?? 0)
  }

  async drop(app: AppInfo, row: RecordingRow): Promise<number> {
    const db = await this.#db(app.name)
    const wanted = await uploadsOf(db, row.number)
    await forgetUploadsOf(db, row.number)
    await this.#queues.get(app.name)?.cancel(row.number)
    try {
      const objects = await this.#dropObjects(app, row)
      await this.#maker.cancel(app.name, row.number)
      await rm(join(recordingsFolder(app), row.name), { recursive: true, force: true })
      return objects
    } catch (error) {
      for (const { file, key } of wanted) await this.#enqueue(app, row, file, key)
      throw error
    }
  }

  /** The settings of an app changed: what was refused may be let through now. */
  reconsider(app: string): void {
    this.#queues.get(app)?.retry()
  }

  /** The app is gone. */
  async forget(app: string): Promise<void> {
    const queue = this.#queues.get(app)
    this.#queues.delete(app)
    await queue?.close()
    this.buckets.forget(app)
  }

  async close(): Promise<void> {
    await this.#maker.close()
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()))
    this.buckets.close()
  }

  async #dropObjects(app: AppInfo, row: RecordingRow): Promise<number> {
    const variants = await variantsOf(await this.#db(app.name), row.number)
    const keys = [row.objectKey, ...variants.map(({ objectKey }) => objectKey)].filter((key) => key !== null)
    const access = await this.buckets.access(app.name)
    if (!access) return 0
    const picture = row.snapshotKey?.startsWith(keyOf(access, 'snapshots/')) ? row.snapshotKey : undefined
    if (keys.length === 0 && picture === undefined) return 0
    // Also what nobody knows the names of any more: files of variants, and the pictures that were taken meanwhile.
    const beginnings = [`${row.name}/`, `snapshots/${row.name}.`, `snapshots/${row.name}-`].map((name) => keyOf(access, name))
    try {
      return (await (await this.buckets.of(app.name))?.delete([...keys, ...(picture ? [picture] : [])], beginnings)) ?? 0
    } catch (error) {
      throw new MediaError('STORAGE_FAILED', { bucket: access.bucket, reason: messageOf(error) })
    }
  }

  async #made(app: AppInfo, row: RecordingRow, variant: VariantRow): Promise<void> {
    const access = variant.state === 'MADE' ? await this.buckets.access(app.name) : undefined
    if (access) {
      for (const file of await filesOf(recordingsFolder(app), variant)) await this.#enqueue(app, row, file, keyOf(access, file))
      return
    }
    if (variant.state === 'MADE') await changeVariant(await this.#db(app.name), variant, { state: 'READY' })
    await this.#tellVariants(app.name, row, variant)
  }

  async #enqueue(app: AppInfo, { number: recording }: RecordingRow, file: string, key: string): Promise<void> {
    await queueUpload(await this.#db(app.name), { recording, file, key })
    const queue = await this.#queue(app)
    queue.wake()
  }

  #db(app: string) {
    return this.#ground.recordings.store.of(app)
  }

  async #queue(app: AppInfo): Promise<UploadQueue> {
    const { host } = this.#ground
    const db = await this.#db(app.name)
    const known = this.#queues.get(app.name)
    if (known) return known
    const queue = new UploadQueue({
      app: app.name,
      db,
      folder: recordingsFolder(app),
      config: host.config.upload,
      slots: this.#slots,
      log: host.log,
      bucket: () => this.buckets.of(app.name),
      uploaded: (upload) => this.#uploaded(app.name, upload),
      done: (upload) => this.#letGo(app.name, upload.recording, upload.file),
      heldUp: (upload, error) => this.#heldUp(app.name, upload, error),
      lost: (upload) => this.#lost(app.name, upload),
    })
    this.#queues.set(app.name, queue)
    return queue
  }

  async #uploaded(app: string, upload: UploadRow): Promise<void> {
    const { recordings } = this.#ground
    const row = await recordings.store.find(app, upload.recording)
    if (!row) return
    if (upload.file === row.file) {
      recordings.delivered(await recordings.change(app, row, { objectKey: upload.key, error: null }))
      return
    }
    const variant = await this.#variantOf(app, upload)
    if (variant?.file !== upload.file) return
    await changeVariant(await this.#db(app), variant, { state: 'READY', objectKey: upload.key })
    await this.#tellVariants(app, row, variant)
  }
  async #heldUp(app: string, { recording, file }: UploadRow, error: string): Promise<void> {
    const { recordings } = this.#ground
    const row = await recordings.store.find(app, recording)
    if (row?.file !== file || row.state !== 'UPLOADING') return
    const changed = await recordings.change(app, row, { error })
    // Where the bucket was taken away, it is ready here, and uploaded when there is one again.
    if (!(await this.buckets.access(app))) recordings.delivered(changed)
  }

  async #lost(app: string, upload: UploadRow): Promise<void> {
    const { host, recordings } = this.#ground
    const row = await recordings.store.find(app, upload.recording)
    if (!row) return
    host.log.error({ app, recording: row.id, file: upload.file }, 'a file was gone before it was uploaded')
    if (upload.file === row.file) {
      const error = 'its file was gone before it was uploaded'
      await recordings.change(app, row, { state: 'FAILED', file: null, error })
      return
    }
    const variant = await this.#variantOf(app, upload)
    if (!variant) return
    await changeVariant(await this.#db(app), variant, { state: 'FAILED', error: 'its files were gone before they were uploaded' })
    await this.#tellVariants(app, row, variant)
  }

  /** The one that a file is of. */
  async #variantOf(app: string, { recording, file }: UploadRow): Promise<VariantRow | undefined> {
    const all = await variantsOf(await this.#db(app), recording)
    return all.find((one) => one.file === file || (ownsFolder(one) && dirname(one.file) === dirname(file)))
  }

  /** To be called whenever one of them is ready or has failed: nobody waits for the others then, or it is too early. */
  async #tellVariants(app: string, row: RecordingRow, { kind }: VariantRow): Promise<void> {
    const told = kind === 'STORYBOARD' ? undefined : variantsReady(app, row, await variantsOf(await this.#db(app), row.number))
    if (told) this.#ground.host.events.emit('callbacks:event', told)
    await this.#letGo(app, row.number)
  }

  /** What is in the bucket is wanted here no more, once everything is made of it and nothing of it is on its way. */
  async #letGo(app: string, recording: number, sent?: string): Promise<void> {
    const { host, recordings } = this.#ground
    try {
      const info = await host.core.apps.get(app)
      if (!info.config.recording.deleteLocalAfterUpload) return
      const folder = recordingsFolder(info)
      // A picture of it, which lies elsewhere.
      if (sent?.startsWith('..')) await rm(join(folder, sent), { force: true })
      const row = await recordings.store.find(app, recording)
      if (row?.state !== 'READY' || row.objectKey === null || row.file === null) return
      const db = await this.#db(app)
      const variants = await variantsOf(db, recording)
      if (variants.some(({ state, objectKey }) => state === 'WAITING' || state === 'MADE' || (state === 'READY' && objectKey === null)))
        return
      if ((await uploadsOf(db, recording)).length > 0) return
      await recordings.change(app, row, { file: null })
      await rm(join(folder, row.file), { force: true })
      await rm(join(folder, row.name), { recursive: true, force: true })
    } catch (error) {
      if (!(error instanceof MediaError)) host.log.warn({ err: error, app, recording }, 'what was uploaded stays here')
    }
  }
}

/** Long enough to look into a file, in seconds. */
const READING_S = 60

const NOWHERE: Place = { key: null, s3Url: null, publicUrl: null }
