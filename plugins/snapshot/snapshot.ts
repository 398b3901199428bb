import { createHash } from 'node:crypto'
import type { Turns } from '../../core/kernel/turns.ts'
import type { TrackData } from '../kit/core-api.ts'
import { type CaptureHost, capture } from './capture.ts'
import type { SnapshotConfig } from './config.ts'

/** One JPEG of what was live. */
export type Snapshot = { readonly jpeg: Buffer; readonly etag: string; readonly takenAt: number }

type Kept = { readonly snapshot: Promise<Snapshot>; takenAt: number | undefined }

/** Pictures in memory; the oldest leaves first. */
const MAX_KEPT = 64

/** Takes pictures of tracks: each once for all who ask within a short time, and a few at a time. */
export class Snapshots {
  readonly #host: CaptureHost
  readonly #config: SnapshotConfig
  readonly #turns: Turns
  readonly #kept = new Map<string, Kept>()

  constructor(host: CaptureHost, config: SnapshotConfig, turns: Turns) {
    this.#host = host
    this.#config = config
    this.#turns = turns
  }

  /** @throws {MediaError} `OVERLOADED`, or as `capture`. */
  of(track: TrackData, widthPx: number): Promise<Snapshot> {
    const key = `${track.id} ${widthPx}`
    const known = this.#kept.get(key)
    if (known && this.#isFresh(known)) return known.snapshot

    const kept: Kept = { snapshot: this.#turns.take(() => this.#take(track, widthPx)), takenAt: undefined }
    this.#keep(key, kept)
    kept.snapshot.then(
      ({ takenAt }) => {
        kept.takenAt = takenAt
      },
      () => {
        if (this.#kept.get(key) === kept) this.#kept.delete(key)
      },
    )
    return kept.snapshot
  }

  /** Drops the pictures of a track that has ended. */
  forget(trackId: string): void {
    for (const key of this.#kept.keys()) if (key.startsWith(`${trackId} `)) this.#kept.delete(key)
  }

  async #take(track: TrackData, widthPx: number): Promise<Snapshot> {
    const { quality, timeoutMs } = this.#config
    const jpeg = await capture(this.#host, track, { widthPx, quality, timeoutMs })
    const etag = `"${createHash('sha256').update(jpeg).digest('base64url').slice(0, 22)}"`
    return { jpeg, etag, takenAt: Date.now() }
  }

  /** Also while it is being taken: whoever asks meanwhile shares it. */
  #isFresh({ takenAt }: Kept): boolean {
    return takenAt === undefined || Date.now() - takenAt < this.#config.cacheMs
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }
}
