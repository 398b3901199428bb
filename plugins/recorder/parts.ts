import { join } from 'node:path'
import { newId } from '../../core/kernel/ids.ts'
import type { AppInfo } from '../kit/core-api.ts'
import { fileName } from './files.ts'
import type { Codecs } from './source.ts'
import type { RecordingRow, RecordingStore } from './store.ts'

/** One row of a recording with what was written of it. */
export type Part = {
  readonly app: string
  readonly row: RecordingRow
  /** Absolute. */
  readonly folder: string
  /** Absolute, in order. */
  readonly files: string[]
  /** Of all its files together. */
  codecs: Codecs
}

/** Whether a file can be joined to those before it: what both have is of one codec. */
export function continues(before: Codecs, next: Codecs): boolean {
  return (['video', 'audio'] as const).every((kind) => !before[kind] || !next[kind] || before[kind] === next[kind])
}

/** Keeps book of the parts of recordings, and of their files. */
export class Parts {
  readonly #store: RecordingStore
  readonly #inserted: (app: string, row: RecordingRow) => void

  constructor(store: RecordingStore, inserted: (app: string, row: RecordingRow) => void) {
    this.#store = store
    this.#inserted = inserted
  }

  /** Of a row that was just made, or that an earlier run left behind. */
  async of({ name: app }: AppInfo, row: RecordingRow, folder: string): Promise<Part> {
    const segments = await this.#store.segments(app, row.number)
    const codecs: Codecs = Object.assign({}, ...segments.map((segment) => segment.codecs))
    return { app, row, folder, files: segments.map(({ file }) => join(folder, file)), codecs }
  }

  async after({ app, row, folder }: Part): Promise<Part> {
    const startedAt = new Date()
    const { number: _number, ...same } = row
    const next = await this.#store.insert(app, {
      ...same,
      id: newId('EG'),
      part: row.part + 1,
      state: 'RECORDING',
      name: partName(row, startedAt),
      error: null,
      snapshotKey: null,
      startedAt,
      endedAt: null,
    })
    this.#inserted(app, next)
    return { app, row: next, folder, files: [], codecs: {} }
  }

  /** The row first: a file that nobody knows of would be lost. */
  async nextFile(part: Part, codecs: Codecs): Promise<string> {
    const file = `${part.row.name}.s${String(part.files.length).padStart(3, '0')}.mkv`
    await this.#store.addSegment(part.app, { recording: part.row.number, file, codecs })
    const path = join(part.folder, file)
    part.files.push(path)
    part.codecs = { ...part.codecs, ...codecs }
    return path
  }

  /** Its last file ended for this reason. */
  async interrupted({ app, row }: Part, cause: string): Promise<void> {
    await this.#store.endSegment(app, row.number, cause)
  }
}

function partName({ stream, part }: RecordingRow, at: Date): string {
  return fileName(stream, at, part + 1)
}
