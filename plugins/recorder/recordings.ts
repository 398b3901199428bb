import { randomUUID } from 'node:crypto'
import { join, relative } from 'node:path'
import { MediaError } from '../../core/kernel/errors.ts'
import { newId } from '../../core/kernel/ids.ts'
import type { AppInfo } from '../kit/core-api.ts'
import type { Host } from '../kit/host.ts'
import type { RecorderConfig } from './config.ts'
import { ensureFolder, fileName, recordingsFolder } from './files.ts'
import { finish } from './finish.ts'
import { ParticipantSource } from './participant-source.ts'
import { type EndReason, Recording } from './recording.ts'
import { type RecordingRow, RecordingStore } from './store.ts'

export type RecorderHost = Host<RecorderConfig>
export type StartOptions = { room: string; identity: string }

/** The recordings of all apps: those that run, and what became of the others. */
export class Recordings {
  readonly #host: RecorderHost
  readonly #store: RecordingStore
  /** By the id of their row. */
  readonly #running = new Map<string, { recording: Recording; app: string }>()

  constructor(host: RecorderHost) {
    this.#host = host
    this.#store = new RecordingStore(host.db)
  }

  /** @throws {MediaError} `APP_NOT_FOUND`, `ROOM_NAME_INVALID`, `NOTHING_LIVE`, `CONFLICT` when the app records nothing, or `QUOTA_EXCEEDED`. */
  async start(appName: string, { room, identity }: StartOptions): Promise<RecordingRow> {
    const app = await this.#host.core.apps.get(appName)
    const { recording: config } = app.config
    if (!config.enabled) throw new MediaError('CONFLICT', { app: app.name, reason: 'recording is switched off' })
    const name = await this.#host.core.rooms.fullName(app.name, room)
    const source = new ParticipantSource(this.#host, name, identity)
    if (!(await source.look())) {
      await source.close()
      throw new MediaError('NOTHING_LIVE', { room: name, identity })
    }
    const startedAt = new Date()
    const row = await this.#store.insert(app.name, {
      id: newId('EG'),
      session: randomUUID(),
      part: 0,
      splitMinutes: config.splitMinutes,
      snapshotSeconds: config.snapshotSeconds,
      room: name,
      identity,
      mode: 'PARTICIPANT',
      state: 'RECORDING',
      name: fileName(`${name}/${identity}`, startedAt, undefined),
      startedAt,
    })
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

  /** Ends all that run, and leaves their files to the next start. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ recording }) => recording.end('SHUTDOWN')))
  }

  async #run(app: AppInfo, row: RecordingRow, source: ParticipantSource, files: readonly string[] = []): Promise<void> {
    const folder = await ensureFolder(app)
    const recording = new Recording({ host: this.#host, store: this.#store, app: app.name, folder }, row, source, files)
    this.#running.set(row.id, { recording, app: app.name })
    recording.events.once('ended', (reason) => {
      this.#running.delete(row.id)
      if (reason === 'SHUTDOWN') return
      this.#settle(app, row, recording.files, reason).catch((error: unknown) =>
        this.#host.log.error({ err: error, app: app.name, recording: row.id }, 'a recording could not be finished'),
      )
    })
    await recording.start()
  }

  /** Makes one file of what was written. */
  async #settle(app: AppInfo, row: RecordingRow, files: readonly string[], reason: EndReason): Promise<void> {
    const folder = recordingsFolder(app)
    const ended = { endedAt: new Date() }
    await this.#store.update(app.name, row.number, { state: 'UPLOADING', ...ended })
    const finished = await finish(files, join(folder, row.name))
    if (!finished) {
      await this.#store.update(app.name, row.number, { state: 'FAILED', error: 'nothing playable was recorded' })
      return
    }
    const { file, format, sizeBytes, facts } = finished
    await this.#store.update(app.name, row.number, {
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
}
