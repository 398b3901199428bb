import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MediaError, messageOf } from '../../../core/kernel/errors.ts'
import type { AppInfo } from '../../kit/core-api.ts'
import type { Host } from '../../kit/host.ts'
import { recordingsFolder } from '../files.ts'
import type { RecordingRow, RecordingStore } from '../store.ts'
import { makeRendition, makeWebm, type Offer, writeMaster } from './renditions.ts'
import { makeStoryboard } from './storyboard.ts'
import type { TranscodeOptions } from './transcode.ts'
import { changeVariant, type VariantRow, variantsOf, waitingVariants } from './variant-rows.ts'

export type MakerGround = {
  readonly host: Pick<Host, 'core' | 'log' | 'tasks'>
  readonly store: RecordingStore
  /** A variant was made, or could not be. */
  made(app: AppInfo, recording: RecordingRow, variant: VariantRow): Promise<void>
}

/** Makes what is wanted of recordings besides themselves: one thing after the other, of all apps together. */
export class Maker {
  readonly #ground: MakerGround
  readonly #apps = new Set<string>()
  #current: { readonly app: string; readonly recording: number; readonly abort: AbortController; ended: Promise<void> } | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(ground: MakerGround) {
    this.#ground = ground
  }

  /** Something is planned for a recording of this app. */
  wake(app: string): void {
    this.#apps.add(app)
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Ends what is made of a recording that nobody wants any more. Its rows have to be gone by then. */
  async cancel(app: string, recording: number): Promise<void> {
    const current = this.#current
    if (current?.app !== app || current.recording !== recording) return
    current.abort.abort()
    await current.ended
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#current?.abort.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { host } = this.#ground
    for (const app of this.#apps) {
      this.#apps.delete(app)
      try {
        while (!this.#closed && (await this.#makeNext(app)));
      } catch (error) {
        host.log.error({ err: error, app }, 'variants of recordings could not be made')
      }
    }
  }

  /** @returns Whether there was something to make. */
  async #makeNext(app: string): Promise<boolean> {
    const { store, host, made } = this.#ground
    const db = await store.of(app)
    const info = await host.core.apps.get(app)
    for (const variant of await waitingVariants(db)) {
      const recording = await store.find(app, variant.recording)
      // Its turn comes when the recording is ready.
      if (recording?.state !== 'READY' || recording.file === null) continue
      const outcome = await this.#attempt(info, recording, variant)
      if (!outcome) return false
      const changed = await changeVariant(db, variant, outcome)
      if (changed) await made(info, recording, changed)
      return true
    }
    return false
  }

  /** What to write into its row; undefined when it was given up because the server stops, or nobody wants it. */
  async #attempt(app: AppInfo, recording: RecordingRow, variant: VariantRow): Promise<Partial<VariantRow> | undefined> {
    const { host } = this.#ground
    const name = `${variant.kind.toLowerCase()} of ${recording.name}`
    const task = host.tasks.open({ type: 'VOD', name })
    const abort = new AbortController()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    this.#current = { app: app.name, recording: recording.number, abort, ended }
    try {
      task.running()
      const sizeBytes = await this.#make(app, recording, variant, { signal: abort.signal })
      task.stopped()
      return { state: 'MADE', sizeBytes, error: null }
    } catch (error) {
      task.stopped(error)
      if (abort.signal.aborted) return undefined
      host.log.warn({ err: error, app: app.name, recording: recording.id, kind: variant.kind }, `not made: ${messageOf(error)}`)
      const reason = error instanceof MediaError ? error.details.reason : undefined
      return { state: 'FAILED', error: typeof reason === 'string' ? reason : messageOf(error) }
    } finally {
      this.#current = undefined
      end()
    }
  }

  /** Appears under its name only when it is whole. @returns Its bytes. */
  async #make(app: AppInfo, recording: RecordingRow, variant: VariantRow, options: TranscodeOptions): Promise<number> {
    const folder = recordingsFolder(app)
    const source = join(folder, recording.file ?? '')
    const target = placeOf(folder, recording, variant)
    const making = `${target}.making`
    await rm(making, { recursive: true, force: true })
    await mkdir(making, { recursive: true, mode: 0o750 })
    const file = join(making, basename(variant.file))
    const { heightPx, bitrateKbps } = variant
    const durationMs = recording.durationMs ?? 0
    try {
      if (variant.kind === 'STORYBOARD') await makeStoryboard(source, making, durationMs, options)
      else if (variant.kind === 'RENDITION')
        await makeRendition(source, making, { heightPx: heightPx ?? 0, bitrateKbps: bitrateKbps ?? 0 }, options)
      else if (variant.kind === 'ALTERNATE') await makeWebm(source, file, bitrateKbps ?? 0, options)
      else await writeMaster(file, await this.#offers(app, folder, variant))
      const names = await readdir(making)
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(making, name))).size))
      if (ownsFolder(variant)) {
        await rm(target, { recursive: true, force: true })
        await rename(making, target)
      } else await rename(file, join(folder, variant.file))
      return sizes.reduce((sum, size) => sum + size, 0)
    } finally {
      await rm(making, { recursive: true, force: true })
    }
  }

  async #offers(app: AppInfo, folder: string, { recording }: VariantRow): Promise<Offer[]> {
    const all = await variantsOf(await this.#ground.store.of(app.name), recording)
    const made = all.filter(({ kind, state }) => kind === 'RENDITION' && (state === 'MADE' || state === 'READY'))
    if (made.length === 0) throw new Error('there is no rendition')
    return made.map(({ file }) => ({ uri: `${basename(dirname(file))}/${basename(file)}`, folder: join(folder, dirname(file)) }))
  }
}

/** The files of a variant, relative to the app's folder of recordings. */
export async function filesOf(folder: string, variant: Pick<VariantRow, 'kind' | 'file'>): Promise<string[]> {
  if (!ownsFolder(variant)) return [variant.file]
  const names = await readdir(join(folder, dirname(variant.file)))
  // What is opened first is uploaded last, when all it names is there.
  return [...names.filter((name) => name !== basename(variant.file)), basename(variant.file)].map((name) =>
    join(dirname(variant.file), name),
  )
}

/** Whether it has a folder of its own, and many files in it. */
export function ownsFolder({ kind }: Pick<VariantRow, 'kind'>): boolean {
  return kind === 'RENDITION' || kind === 'STORYBOARD'
}

function placeOf(folder: string, { name }: RecordingRow, variant: VariantRow): string {
  return ownsFolder(variant) ? join(folder, dirname(variant.file)) : join(folder, name, variant.kind.toLowerCase())
}
