import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { extname, join } from 'node:path'
import { MediaError } from '../../core/kernel/errors.ts'
import { newId } from '../../core/kernel/ids.ts'
import type { AppInfo } from '../kit/core-api.ts'
import { Callbacks } from './callbacks.ts'
import { type Delivery, KEPT_HERE } from './delivery.ts'
import { probe } from './ffmpeg.ts'
import { ensureFolder, eraseFiles, fileName, recordingsFolder, sizeOf } from './files.ts'
import type { RecorderHost } from './host.ts'
import { type ListOptions, list, type RecordingPage } from './listing.ts'
import { meter } from './metering.ts'
import { type Part, Parts } from './parts.ts'
import { Pictures } from './pictures.ts'
import { type EndReason, Recording } from './recording.ts'
import { Settling } from './settling.ts'
import type { Source } from './source.ts'
import { sourceOf } from './sources.ts'
import { type NewRecordingRow, type RecordingRow, RecordingStore, type SegmentRow } from './store.ts'
import type { RecordingMode } from './tables.ts'

export type StartOptions = {
  room: string
  identity?: string
  /** What it is listed under; absent: the room and the identity. In mode PARTICIPANT it may name whom to record. */
  stream?: string
  mode?: RecordingMode
  layout?: string
  splitMinutes?: number
  snapshotSeconds?: number
  /** Whom to record need not be there yet; it has as long to come as it would have to come back. */
  awaiting?: boolean
}

/** A recording, and whether its file could be read. */
export type Probed = { readonly row: RecordingRow; readonly probed: boolean }

/** What is gone with a recording: objects in a bucket, and its file here if there was one. */
export type Deleted = { readonly row: RecordingRow; readonly objects: number; readonly local: boolean }

type Running = { readonly recording: Recording; readonly app: AppInfo }

/** The recordings of all apps: those that run, and what became of the others. */
export class Recordings {
  /** Every change of a row. */
  readonly events = new EventEmitter<{ changed: [app: string, row: RecordingRow]; deleted: [app: string, row: RecordingRow] }>()
  readonly store: RecordingStore
  readonly #host: RecorderHost
  readonly #callbacks: Callbacks
  readonly #pictures: Pictures
  readonly #settling: Settling
  readonly #parts: Parts
  /** By session. */
  readonly #running = new Map<string, Running>()
  #delivery: Delivery = KEPT_HERE

  constructor(host: RecorderHost) {
    this.#host = host
    this.store = new RecordingStore(host.db)
    this.events.setMaxListeners(0)
    const delivery = () => this.#delivery
    this.#callbacks = new Callbacks(host)
    this.#pictures = new Pictures({ host, callbacks: this.#callbacks, delivery })
    const change = (app: string, row: RecordingRow, values: Partial<NewRecordingRow>) => this.change(app, row, values)
    this.#settling = new Settling({ host, callbacks: this.#callbacks, pictures: this.#pictures, delivery, change })
    this.#parts = new Parts(this.store, (app, row) => {
      this.events.emit('changed', app, row)
      const running = this.#running.get(row.session)
      if (running) this.#tellStart(running.app, row)
    })
  }

  /** Whom finished files go to from now on. */
  deliverBy(delivery: Delivery): void {
    this.#delivery = delivery
  }

  /** Bytes of its file that are uploaded. */
  arrivedBytes(app: string, row: RecordingRow): number {
    return this.#delivery.arrivedBytes(app, row)
  }

  /** A delivery says that the file of a row has arrived. @returns Whether it was waited for. */
  delivered(row: RecordingRow): boolean {
    return this.#settling.delivered(row)
  }

  /** The one that this row is a part of, while it runs. */
  running({ session, id }: RecordingRow): Recording | undefined {
    const running = this.#running.get(session)?.recording
    return running?.part.row.id === id ? running : undefined
  }

  /** Absolute path of an app's folder of recordings. @throws {MediaError} `APP_NOT_FOUND` */
  async folderOf(app: string): Promise<string> {
    return recordingsFolder(await this.#host.core.apps.get(app))
  }

  /**
   * @throws {MediaError} `APP_NOT_FOUND`, `PLUGIN_DISABLED`, `ROOM_NAME_INVALID`, `RECORDING_DISABLED`, `QUOTA_EXCEEDED`, or
   * `NOTHING_LIVE` when whom to record is not there, and not awaited.
   */
  async start(appName: string, options: StartOptions): Promise<RecordingRow> {
    const app = await this.#host.core.apps.get(appName)
    const { recording: config } = app.config
    if (!(await this.#host.apps.get(app.name)).enabled) throw new MediaError('PLUGIN_DISABLED', { app: app.name, plugin: 'recorder' })
    if (!config.enabled) throw new MediaError('RECORDING_DISABLED', { app: app.name })
    const room = await this.#host.core.rooms.fullName(app.name, options.room)
    await this.#host.core.quotas.require('maxRecordingMinutesMonth', app.name)
    const mode = options.mode ?? (config.mode === 'participant' ? 'PARTICIPANT' : 'COMPOSITE')
    const identity = mode === 'COMPOSITE' ? null : (options.identity ?? identityIn(options, room) ?? (await this.#firstPublisher(room)))
    const layout = mode === 'COMPOSITE' ? (options.layout ?? config.layout) : null
    if (identity === undefined) throw new MediaError('NOTHING_LIVE', { room })
    const source = sourceOf(this.#host, { room, identity, mode, layout })
    try {
      if (!(await source.look()) && !options.awaiting)
        throw new MediaError('NOTHING_LIVE', { room, ...(identity !== null && { identity }) })
      const startedAt = new Date()
      const stream = options.stream ?? (identity === null ? room : `${room}/${identity}`)
      const splitMinutes = options.splitMinutes ?? config.splitMinutes
      const row = await this.store.insert(app.name, {
        id: newId('EG'),
        session: randomUUID(),
        part: 0,
        splitMinutes,
        snapshotSeconds: options.snapshotSeconds ?? config.snapshotSeconds,
        room,
        identity,
        stream,
        mode,
        layout,
        state: 'RECORDING',
        name: fileName(stream, startedAt, splitMinutes > 0 ? 0 : undefined),
        startedAt,
      })
      this.events.emit('changed', app.name, row)
      await this.run(app, row, source)
      return row
    } catch (error) {
      await source.close()
      throw error
    }
  }

  /**
   * Stops a recording, named by any of its parts. One that has ended already is answered as it is.
   *
   * @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`.
   */
  async stop(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.get(appName, id)
    const running = this.#running.get(row.session)
    if (!running) return row
    await running.recording.end('REQUESTED')
    return { ...row, state: 'UPLOADING', endedAt: row.endedAt ?? new Date() }
  }

  /** Stops the newest recording of a stream that has not come to its end. @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async stopOf(appName: string, { name, room, identity }: { name: string; room: string; identity: string }): Promise<RecordingRow> {
    const rows = (await this.store.unfinished(appName)).filter(
      (row) => row.stream === name || (row.room === room && row.identity === identity),
    )
    const newest = rows.at(-1)
    if (!newest) throw new MediaError('NOT_FOUND', { recordingOf: name })
    return this.stop(appName, newest.id)
  }

  /** @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async get(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.store.find(appName, id)
    if (!row) throw new MediaError('NOT_FOUND', { recording: id })
    return row
  }

  /** What it was written in, in order. */
  async segments(appName: string, { number }: RecordingRow): Promise<(SegmentRow & { sizeBytes: number })[]> {
    const folder = await this.folderOf(appName)
    const rows = await this.store.segments(appName, number)
    return Promise.all(rows.map(async (segment) => ({ ...segment, sizeBytes: await sizeOf(join(folder, segment.file)) })))
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` for a cursor that is none. */
  async list(app: string, options: ListOptions): Promise<RecordingPage> {
    return list(await this.store.of(app), options)
  }

  /**
   * Reads what the file of a recording holds again, wherever it is; one that can not be read is left as it is.
   *
   * @throws {MediaError} `NOT_FOUND` also when there is no file of it anywhere.
   */
  async probe(appName: string, id: number | string): Promise<Probed> {
    const row = await this.get(appName, id)
    const app = await this.#host.core.apps.get(appName)
    const path = row.file === null ? undefined : join(recordingsFolder(app), row.file)
    const isHere = path !== undefined && (await sizeOf(path)) > 0
    const where = isHere ? path : await this.#delivery.readableAt(app, row)
    if (where === undefined) throw new MediaError('NOT_FOUND', { recording: id, reason: 'there is no file of it' })
    const facts = await probe(where)
    if (!facts) return { row, probed: false }
    const { durationMs = null, widthPx = null, heightPx = null } = facts
    const format = row.format ?? extname(row.file ?? row.objectKey ?? '').slice(1)
    return { row: await this.change(appName, row, { durationMs, widthPx, heightPx, format }), probed: true }
  }

  /**
   * Deletes a recording with its files and objects; one that runs is ended first.
   *
   * @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`, or `STORAGE_FAILED` when its objects can not be deleted: it is still there then.
   */
  async delete(appName: string, id: number | string): Promise<Deleted> {
    const row = await this.get(appName, id)
    const app = await this.#host.core.apps.get(appName)
    await this.running(row)?.end('DELETED')
    const objects = await this.#delivery.drop(app, row)
    const files = (await this.store.segments(appName, row.number)).map(({ file }) => file)
    await this.store.delete(appName, row.number)
    const local = await eraseFiles(app, row, files)
    this.events.emit('deleted', appName, row)
    return { row, objects, local }
  }

  /** Ends the recording that has this session, if it runs. */
  async endSession(session: string): Promise<void> {
    await this.#running.get(session)?.recording.end('REQUESTED')
  }

  /** Ends all of an app, or all there are. */
  async endAll(reason: EndReason, app?: string): Promise<void> {
    const wanted = [...this.#running.values()].filter((running) => app === undefined || running.app.name === app)
    await Promise.all(wanted.map(({ recording }) => recording.end(reason)))
  }

  /** Begins to record what a row is of, or goes on with it. */
  async run(app: AppInfo, row: RecordingRow, source: Source): Promise<void> {
    const part = await this.#parts.of(app, row, await ensureFolder(app))
    const recording = new Recording(this.#host, this.#parts, part, source)
    this.#running.set(row.session, { recording, app })
    recording.events.on('partEnded', (over) => this.settle(app, over, false))
    recording.events.on('trouble', (cause) => this.#note(app.name, recording.part.row, cause))
    recording.events.once('ended', (reason) => {
      this.#running.delete(row.session)
      this.#host.log.info({ app: app.name, room: row.room, recording: recording.part.row.id, reason }, 'recording ended')
      if (reason !== 'SHUTDOWN' && reason !== 'DELETED') this.settle(app, recording.part, true)
    })
    meter(this.#host, recording, app.name)
    this.#pictures.during(recording, app, row.snapshotSeconds)
    if (part.files.length === 0) this.#tellStart(app, row)
    await recording.start()
  }

  /** Makes one file of what was written. */
  settle(app: AppInfo, part: Part, isLast: boolean): void {
    this.#settling.settle(app, part, isLast).catch((error: unknown) => {
      const isGone = error instanceof MediaError && ['NOT_FOUND', 'APP_NOT_FOUND'].includes(error.code)
      if (!isGone && !this.#host.signal.aborted)
        this.#host.log.error({ err: error, app: app.name, recording: part.row.id }, 'a recording could not be finished')
    })
  }

  /** What an earlier run wrote of a row. */
  partOf(app: AppInfo, row: RecordingRow): Promise<Part> {
    return this.#parts.of(app, row, recordingsFolder(app))
  }

  /** @throws {MediaError} `NOT_FOUND` when it was deleted meanwhile. */
  async change(app: string, row: RecordingRow, change: Partial<NewRecordingRow>): Promise<RecordingRow> {
    const changed = await this.store.update(app, row.number, change)
    if (!changed) throw new MediaError('NOT_FOUND', { recording: row.id })
    this.events.emit('changed', app, changed)
    return changed
  }

  #tellStart(app: AppInfo, row: RecordingRow): void {
    this.#callbacks.started(app, row)
    this.#callbacks.egress(app, row, 'egress_started')
  }

  /** A row says what holds it up; where even that can't be written, the log does. */
  #note(app: string, row: RecordingRow, cause: string | undefined): void {
    this.change(app, row, { error: cause ?? null }).catch((error: unknown) =>
      this.#host.log.warn({ err: error, app, recording: row.id, cause }, 'the state of a recording could not be kept'),
    )
  }

  async #firstPublisher(room: string): Promise<string | undefined> {
    const found = await this.#host.core.rooms.find(room)
    return found?.participants.find(({ tracks, onDemand }) => tracks.length > 0 || onDemand)?.identity
  }
}

/** Whom a stream's name means: bare, or behind the name of the room. */
function identityIn({ room, stream }: StartOptions, fullName: string): string | undefined {
  if (stream === undefined || stream === room || stream === fullName) return undefined
  const prefix = [`${fullName}/`, `${room}/`].find((one) => stream.startsWith(one))
  return prefix === undefined ? stream : stream.slice(prefix.length)
}
