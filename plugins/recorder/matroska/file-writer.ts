import { type FileHandle, open } from 'node:fs/promises'
import type { Frame } from '../codecs/codec.ts'
import { cluster, type FileTrack, fileHeader, simpleBlock } from './header.ts'

/** What waits for the disk; beyond it, the file ends: a disk this slow loses frames anyway. */
const MAX_WAITING_BYTES = 64 << 20
/** Times in a cluster are 16 bits; and who seeks reads a whole one. */
const MAX_CLUSTER_MS = 5_000
const MAX_CLUSTER_BYTES = 4 << 20

/**
 * Writes one Matroska file, whole clusters at a time, so that it can be played up to the last of them whenever whoever writes it dies.
 */
export class FileWriter {
  readonly file: string
  readonly tracks: readonly FileTrack[]
  readonly #beganAtMs: number
  readonly #clusterMs: number
  readonly #failed: (error: Error) => void
  #handle: Promise<FileHandle>
  #writes: Promise<void>
  #waitingBytes = 0
  #blocks: Buffer[] = []
  #blockBytes = 0
  #clusterAtMs = 0
  #lastMs = 0
  #hasFailed = false

  /** @param beganAtMs What is 0 in the file. @param failed Called once, when nothing more can be written. */
  constructor(options: {
    file: string
    tracks: readonly FileTrack[]
    beganAtMs: number
    clusterMs: number
    failed: (error: Error) => void
  }) {
    const { file, tracks, beganAtMs, clusterMs, failed } = options
    this.file = file
    this.tracks = tracks
    this.#beganAtMs = beganAtMs
    this.#clusterMs = Math.min(clusterMs, MAX_CLUSTER_MS)
    this.#failed = failed
    this.#handle = open(file, 'wx', 0o640)
    this.#handle.catch(() => {})
    this.#writes = Promise.resolve()
    this.#write(fileHeader(tracks))
  }

  /** How long it is so far, in milliseconds. */
  get durationMs(): number {
    return this.#lastMs
  }

  /** @param track Index in `tracks`. */
  add(track: number, atMs: number, { data, isKeyframe }: Frame): void {
    const time = Math.max(0, Math.round(atMs - this.#beganAtMs))
    const isPicture = this.tracks[track]?.codec.kind === 'video'
    const isFull = time - this.#clusterAtMs >= this.#clusterMs || this.#blockBytes > MAX_CLUSTER_BYTES
    if (isFull || (isPicture && isKeyframe)) this.flush()
    if (this.#blocks.length === 0) this.#clusterAtMs = time
    const block = simpleBlock(track + 1, time - this.#clusterAtMs, isKeyframe, data)
    this.#blocks.push(block)
    this.#blockBytes += block.length
    this.#lastMs = Math.max(this.#lastMs, time)
  }

  /** Puts on disk what there is. */
  flush(): void {
    if (this.#blocks.length === 0) return
    this.#write(cluster(this.#clusterAtMs, this.#blocks))
    this.#blocks = []
    this.#blockBytes = 0
  }

  /** Once it is on disk, and no cache: the file is the recording. */
  async close(): Promise<void> {
    this.flush()
    await this.#writes
    const handle = await this.#handle.catch(() => undefined)
    if (!handle) return
    await handle.sync().catch((error: Error) => this.#fail(error))
    await handle.close()
  }

  #write(bytes: Buffer): void {
    if (this.#hasFailed) return
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#fail(new Error('the disk is too slow'))
      return
    }
    this.#writes = this.#writes.then(async () => {
      try {
        if (!this.#hasFailed) await (await this.#handle).writeFile(bytes)
      } catch (error) {
        this.#fail(error as Error)
      } finally {
        this.#waitingBytes -= bytes.length
      }
    })
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#failed(error)
  }
}
