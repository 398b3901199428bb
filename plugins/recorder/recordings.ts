import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { MediaError } from '../../core/kernel/errors.ts'
import { Feed } from '../../core/kernel/feed.ts'
import { newId } from '../../core/kernel/ids.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { RecorderConfig } from './config.ts'
import { probe } from './ffmpeg.ts'
import { ensureFolder, fileName, recordingsFolder, sizeOf } from './files.ts'
import { finish } from './finish.ts'
import { type ListOptions, list, type RecordingPage } from './listing.ts'
import { ParticipantSource } from './participant-source.ts'
import { type EndReason, Recording } from './recording.ts'
import type { RecordingOf } from './recording-type.ts'
import { type NewRecordingRow, type RecordingRow, RecordingStore } from './store.ts'
import type { RecordingMode } from './tables.ts'

export type RecorderHost = Host<RecorderConfig>
export type StartOptions = {
  room: string
  identity?: string
  mode?: RecordingMode
  layout?: string
  splitMinutes?: number
  snapshotSeconds?: number
}
export type Progress = { recording: RecordingOf; seconds: number; sizeBytes: number; uploadedBytes: number }

const PROGRESS_MS = 1_000

/** The recordings of all apps: those that run, and what became of the others. */
export class Recordings {
  /** Every change of a row. */
  readonly events = new EventEmitter<{ changed: [app: string, row: RecordingRow]; deleted: [app: string, row: RecordingRow] }>()
  readonly #host: RecorderHost
  readonly #store: RecordingStore
  /** By the id of their row. */
  readonly #running = new Map<string, { recording: Recording; app: string }>()

  constructor(host: RecorderHost) {
    this.#host = host
    this.#store = new RecordingStore(host.db)
    this.events.setMaxListeners(0)
  }

  /**
   * @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `NOTHING_LIVE` when whom to record is not there, `RECORDING_DISABLED`,
   * or `QUOTA_EXCEEDED`.
   */
  async start(appName: string, options: StartOptions): Promise<RecordingRow> {
    const app = await this.#host.core.apps.get(appName)
    const { recording: config } = app.config
    if (!config.enabled) throw new MediaError('RECORDING_DISABLED', { app: app.name })
    const room = await this.#host.core.rooms.fullName(app.name, options.room)
    await this.#host.core.quotas.require('maxRecordingMinutesMonth', app.name)
    const mode = options.mode ?? (config.mode === 'participant' ? 'PARTICIPANT' : 'COMPOSITE')
    const identity = options.identity ?? (await this.#firstPublisher(room))
    if (identity === undefined) throw new MediaError('NOTHING_LIVE', { room })
    const source = new ParticipantSource(this.#host, room, identity)
    if (!(await source.look())) {
      await source.close()
      throw new MediaError('NOTHING_LIVE', { room, identity })
    }
    const startedAt = new Date()
    const splitMinutes = options.splitMinutes ?? config.splitMinutes
    const row = await this.#store.insert(app.name, {
      id: newId('EG'),
      session: randomUUID(),
      part: 0,
      splitMinutes,
      snapshotSeconds: options.snapshotSeconds ?? config.snapshotSeconds,
      room,
      identity,
      mode,
      layout: options.layout ?? config.layout,
      state: 'RECORDING',
      name: fileName(`${room}/${identity}`, startedAt, splitMinutes > 0 ? 0 : undefined),
      startedAt,
    })
    this.events.emit('changed', app.name, row)
    await this.#run(app, row, source)
    return row
  }

  /** Stops a recording. One that has ended already is answered as it is. @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async stop(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.get(appName, id)
    const running = this.#running.get(row.id)
    if (!running) return row
    await running.recording.end('REQUESTED')
    return { ...row, state: 'UPLOADING', endedAt: new Date() }
  }

  /** @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async get(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.#store.find(appName, id)
    if (!row) throw new MediaError('NOT_FOUND', { recording: id })
    return row
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, or `INPUT_INVALID` for a cursor that is none. */
  async list(app: string, options: ListOptions): Promise<RecordingPage> {
    return list(await this.#store.of(app), options)
  }

  /** Reads what the file of a recording holds again. @throws {MediaError} `NOT_FOUND` also when there is no file of it here. */
  async probe(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.get(appName, id)
    const folder = recordingsFolder(await this.#host.core.apps.get(appName))
    if (row.file === null) throw new MediaError('NOT_FOUND', { recording: id, reason: 'there is no file of it here' })
    const facts = await probe(join(folder, row.file))
    if (!facts) return row
    const { durationMs = null, widthPx = null, heightPx = null } = facts
    return this.#change(appName, row, { durationMs, widthPx, heightPx })
  }

  /** Deletes a recording and its files; one that runs is ended first. @throws {MediaError} `APP_NOT_FOUND` or `NOT_FOUND`. */
  async delete(appName: string, id: number | string): Promise<RecordingRow> {
    const row = await this.get(appName, id)
    const folder = recordingsFolder(await this.#host.core.apps.get(appName))
    await this.#running.get(row.id)?.recording.end('DELETED')
    const files = [...(await this.#store.segments(appName, row.number)), ...(row.file === null ? [] : [row.file])]
    await this.#store.delete(appName, row.number)
    for (const file of files) await rm(join(folder, file), { force: true })
    this.events.emit('deleted', appName, row)
    return row
  }

  async progress(app: string, id: number | string): Promise<Progress> {
    const row = await this.get(app, id)
    const folder = recordingsFolder(await this.#host.core.apps.get(app))
    const running = this.#running.get(row.id)
    const endedAt = row.endedAt ?? new Date()
    const sizeBytes = running
      ? await running.recording.sizeBytes()
      : (row.sizeBytes ?? (row.file ? await sizeOf(join(folder, row.file)) : 0))
    const seconds = row.durationMs === null ? (endedAt.getTime() - row.startedAt.getTime()) / 1000 : row.durationMs / 1000
    return { recording: { app, row }, seconds, sizeBytes, uploadedBytes: row.objectKey === null ? 0 : sizeBytes }
  }

  /** How a recording comes along, until nothing more becomes of it. */
  async watch(app: string, id: number | string, signal: AbortSignal): Promise<Feed<Progress>> {
    const { id: wanted } = await this.get(app, id)
    const tell = async () => {
      const progress = await this.progress(app, wanted).catch(() => undefined)
      if (progress) feed.push(progress)
      if (!progress || ['READY', 'FAILED'].includes(progress.recording.row.state)) feed.end()
    }
    const changed = (_app: string, row: RecordingRow) => {
      if (row.id === wanted) void tell()
    }
    const timer = setInterval(() => void tell(), PROGRESS_MS)
    const feed = new Feed<Progress>({
      keyOf: () => wanted,
      onEnd: () => {
        clearInterval(timer)
        this.events.off('changed', changed).off('deleted', changed)
      },
    })
    this.events.on('changed', changed).on('deleted', changed)
    signal.addEventListener('abort', () => feed.end(), { once: true })
    await tell()
    return feed
  }

  /** Ends all that run, and leaves their files to the next start. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ recording }) => recording.end('SHUTDOWN')))
  }

  async #firstPublisher(room: string): Promise<string | undefined> {
    return (await this.#host.core.rooms.find(room))?.participants.find(({ tracks }) => tracks.length > 0)?.identity
  }

  async #run(app: AppInfo, row: RecordingRow, source: ParticipantSource, files: readonly string[] = []): Promise<void> {
    const folder = await ensureFolder(app)
    const recording = new Recording({ host: this.#host, store: this.#store, app: app.name, folder }, row, source, files)
    this.#running.set(row.id, { recording, app: app.name })
    recording.events.once('ended', (reason) => {
      this.#running.delete(row.id)
      if (reason === 'SHUTDOWN' || reason === 'DELETED') return
      this.#settle(app, row, recording.files, reason).catch((error: unknown) =>
        this.#host.log.error({ err: error, app: app.name, recording: row.id }, 'a recording could not be finished'),
      )
    })
    await recording.start()
  }

  /** Makes one file of what was written. */
  async #settle(app: AppInfo, row: RecordingRow, files: readonly string[], reason: EndReason): Promise<void> {
    const folder = recordingsFolder(app)
    await this.#change(app.name, row, { state: 'UPLOADING', endedAt: new Date() })
    const finished = await finish(files, join(folder, row.name))
    if (!finished) {
      await this.#change(app.name, row, { state: 'FAILED', error: 'nothing playable was recorded' })
      return
    }
    const { file, format, sizeBytes, facts } = finished
    await this.#change(app.name, row, {
      state: 'READY',
      file: relative(folder, file),
      format,
      sizeBytes,
      durationMs: facts.durationMs ?? null,
      widthPx: facts.widthPx ?? null,
      heightPx: facts.heightPx ?? null,
      codec: facts.videoCodec ?? facts.audioCodec ?? null,
    })
    this.#host.log.info({ app: app.name, room: row.room, recording: row.id, reason, file, sizeBytes }, 'recording ready')
  }

  async #change(app: string, row: RecordingRow, change: Partial<NewRecordingRow>): Promise<RecordingRow> {
    const changed = await this.#store.update(app, row.number, change)
    if (!changed) throw new MediaError('NOT_FOUND', { recording: row.id })
    this.events.emit('changed', app, changed)
    return changed
  }
}
