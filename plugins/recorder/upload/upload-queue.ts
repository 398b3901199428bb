import { join } from 'node:path'
import { messageOf } from '../../../core/kernel/errors.ts'
import type { Log } from '../../../core/kernel/log.ts'
import type { Turns } from '../../../core/kernel/turns.ts'
import type { RecordingDatabase } from '../store.ts'
import type { Bucket } from './bucket.ts'
import type { UploadConfig } from './config.ts'
import { forgetUpload, queuedUploads, type UploadRow, uploadFailed } from './upload-rows.ts'

export type QueueGround = {
  readonly app: string
  readonly db: RecordingDatabase
  /** Absolute path of the app's folder of recordings. */
  readonly folder: string
  readonly config: UploadConfig
  readonly slots: Turns
  readonly log: Log
  /** The bucket of the app; undefined while it has none. */
  bucket(): Promise<Bucket | undefined>
  /** An object is there and is known to be what was sent. It is told again when this fails. */
  uploaded(upload: UploadRow): Promise<void>
  /** It will not be told again. */
  done(upload: UploadRow): Promise<void>
  /** It is tried again, but not for now. */
  heldUp(upload: UploadRow, error: string): Promise<void>
  /** There is nothing to upload any more. */
  lost(upload: UploadRow): Promise<void>
}

/** What an app has to upload, one file after the other, for as long as it takes. */
export class UploadQueue {
  readonly #ground: QueueGround
  readonly #closing = new AbortController()
  /** When those that failed are tried again, by number. */
  readonly #notBefore = new Map<number, number>()
  #current: { readonly upload: UploadRow; readonly abort: AbortController; readonly ended: Promise<void>; bytes: number } | undefined
  #wake: (() => void) | undefined
  #running: Promise<void>

  constructor(ground: QueueGround) {
    this.#ground = ground
    this.#running = this.#run()
  }

  /** Something was queued. */
  wake(): void {
    this.#wake?.()
  }

  /** What failed may succeed now: nobody waits any longer. */
  retry(): void {
    this.#notBefore.clear()
    this.wake()
  }

  /** Bytes of a file that have arrived, while it is uploaded. */
  bytesOf(file: string): number {
    return this.#current?.upload.file === file ? this.#current.bytes : 0
  }

  /** Ends what is being sent of a recording that nobody wants any more. Its rows have to be gone by then. */
  async cancel(recording: number): Promise<void> {
    const current = this.#current
    if (current?.upload.recording !== recording) return
    current.abort.abort()
    await current.ended
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#current?.abort.abort()
    this.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { log, app, slots, config } = this.#ground
    while (!this.#closing.signal.aborted) {
      try {
        const waitMs = await this.#untilDue()
        if (waitMs === 0) await slots.take(() => this.#uploadNext())
      } catch (error) {
        if (this.#closing.signal.aborted) return
        log.error({ err: error, app }, 'the queue of uploads failed')
        await this.#rest(config.retryFirstMs)
      }
    }
  }

  /** Waits for something to upload. @returns 0 when there is. */
  async #untilDue(): Promise<number> {
    let wake = () => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    // Before the rows are read, so that one which is queued meanwhile is not slept through.
    this.#wake = wake
    const rows = await queuedUploads(this.#ground.db)
    const waits = rows.map(({ number }) => (this.#notBefore.get(number) ?? 0) - Date.now())
    const waitMs = Math.max(0, Math.min(...waits))
    if (waitMs === 0 || this.#closing.signal.aborted) return waitMs
    const timer = Number.isFinite(waitMs) ? setTimeout(wake, waitMs) : undefined
    await woken
    clearTimeout(timer)
    return waitMs
  }

  /** The oldest that may be tried, if it is still wanted by now. */
  async #uploadNext(): Promise<void> {
    const rows = await queuedUploads(this.#ground.db)
    const now = Date.now()
    const upload = rows.find(({ number }) => (this.#notBefore.get(number) ?? 0) <= now)
    if (!upload || this.#closing.signal.aborted) return
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const current = { upload, abort: new AbortController(), ended, bytes: 0 }
    this.#current = current
    try {
      await this.#upload(upload, current.abort.signal, (bytes) => {
        current.bytes = bytes
      })
    } catch (error) {
      if (!current.abort.signal.aborted) await this.#failed(upload, error)
    } finally {
      this.#current = undefined
      end()
    }
  }

  async #upload(upload: UploadRow, signal: AbortSignal, onProgress: (bytes: number) => void): Promise<void> {
    const { app, folder, config, db, log, bucket, uploaded, done } = this.#ground
    const open = await bucket()
    if (!open) throw new Error('the app has no bucket, or no credentials for it')
    await open.put(join(folder, upload.file), upload.key, { partBytes: config.partBytes, signal, onProgress })
    if (signal.aborted) return
    await uploaded(upload)
    await forgetUpload(db, upload)
    log.info({ app, file: upload.file, key: upload.key }, 'uploaded')
    await done(upload)
  }

  async #failed(upload: UploadRow, error: unknown): Promise<void> {
    const { db, config, log, app } = this.#ground
    if (isMissing(error)) {
      await forgetUpload(db, upload)
      await this.#ground.lost(upload)
      return
    }
    const { retryFirstMs, retryMaxMs } = config
    const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(upload.attempts, 30))
    this.#notBefore.set(upload.number, Date.now() + waitMs)
    const reason = describe(error)
    await uploadFailed(db, upload, reason)
    log.warn({ err: error, app, file: upload.file, key: upload.key, waitMs }, `not uploaded yet: ${reason}`)
    await this.#ground.heldUp(upload, reason)
  }

  async #rest(ms: number): Promise<void> {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    this.#wake = wake
    const timer = setTimeout(wake, ms)
    await woken
    clearTimeout(timer)
  }
}

/** The file that is to be sent, not something of the server. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT' && 'path' in error
}

/** S3 tells what is wrong by the name of its errors, such as `NoSuchBucket`. */
function describe(error: unknown): string {
  const isS3 = error instanceof Error && '$metadata' in error && error.name !== 'Error'
  return isS3 ? `${error.name}: ${error.message}` : messageOf(error)
}
